"""One stream in one run: what it emits, what it remembers, what fails it.

`events`        what a read yields, in the order in which it is printed
`stream_run`    compares a stream's records with the previous run and emits the differences
`optional_api`  an API that only some tenants permit, and the columns that it fills
`failures`      which error makes which streams fail, and the message to the user
"""
