"""`python -m itgrix_core.app.cli`, for where the script `itgrix` is not on the path."""

from itgrix_core.app.cli import main

main(prog_name="itgrix")
