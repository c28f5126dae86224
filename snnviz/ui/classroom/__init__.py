"""A class on the pages: `role` says who somebody is, `strip` stands on every page, `console` is the teacher's, `seat` a student's.

`app.py` calls `role.arrive` and `strip.attend`; `pages/class.py` draws the rest.
"""
