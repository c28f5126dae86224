"""A class: students join by a short code without an account, the teacher sees where they are and sets what they see.

`values` has what a class is, `rooms` keeps it in the database of saved runs, `shared` reads it once for all sessions of a process,
`guesses` slows down whoever tries codes.
"""
