"""Faults in classes: who may do what, what is seen before the reveal, and what is shared by the sessions of a process."""

from tools.mutants import Mutation

ROOMS, VALUES, SHARED = "snnviz/classroom/rooms.py", "snnviz/classroom/values.py", "snnviz/classroom/shared.py"
GUESSES, ROLE = "snnviz/classroom/guesses.py", "snnviz/ui/classroom/role.py"
FROM_OPENING = "tests/test_classroom.py::test_a_class_from_its_opening_to_its_end -k sqlite"
RIGHTS = "tests/test_classroom.py::test_a_student_opens_neither_the_console_nor_what_is_anothers -k sqlite"
A_DAY = "tests/test_classroom.py::test_a_class_is_gone_after_a_day_and_a_teacher_has_one -k sqlite"
ONE_LOOK = "tests/test_classroom.py::test_sixty_sessions_are_one_look_at_the_database"
SLOWED = "tests/test_classroom.py::test_guesses_are_slowed_down_and_right_codes_wait_too"
PUSHED = "tests/test_classroom.py::test_a_push_carries_no_identity_and_a_link_of_another_app_is_none"

MUTATIONS = (
    Mutation(
        "class-everybody-teaches",
        ROOMS,
        "        if not self._teaches(connection, room, visitor):\n",
        "        if False:\n",
        RIGHTS,
    ),
    Mutation("class-secret-in-the-open", ROOMS, '"secret": hashed(secret),\n', '"secret": secret,\n', RIGHTS),
    Mutation("class-old-secret-still-opens", ROOMS, '{"secret": hashed(secret)})', '{"joined": 0})', RIGHTS),
    Mutation(
        "class-strangers-answer",
        ROOMS,
        "        if number is None:\n            raise",
        "        if False:\n            raise",
        RIGHTS,
    ),
    Mutation(
        "class-choice-after-the-reveal", ROOMS, "            if stage.is_revealed(key):\n", "            if False:\n", FROM_OPENING
    ),
    Mutation(
        "class-two-seeds-of-a-student",
        ROOMS,
        "                return False\n            row = {",
        "                pass\n            row = {",
        FROM_OPENING,
    ),
    Mutation(
        "class-stays-for-ever", ROOMS, "            if row is None or row.until < at:\n", "            if row is None:\n", A_DAY
    ),
    Mutation("class-old-votes-in-the-next-round", VALUES, "self.rounds.get(key, 0) + 1}", "self.rounds.get(key, 0)}", FROM_OPENING),
    Mutation("class-a-look-each", SHARED, "        if now - look.at >= FRESH:\n", "        if True:\n", ONE_LOOK),
    Mutation(
        "class-a-change-comes-too-late",
        SHARED,
        "look.at = now if changes == look.changes else",
        "look.at = now if True else",
        ONE_LOOK,
    ),
    Mutation(
        "class-guesses-by-cookie-alone",
        GUESSES,
        "                if len(recent) >= most:\n",
        '                if len(recent) >= most and "visitor" in key:\n',
        SLOWED,
    ),
    Mutation("class-push-makes-them-somebody", ROLE, "(JOIN, TEACH, visitors.ME,", "(JOIN, TEACH,", PUSHED),
)
