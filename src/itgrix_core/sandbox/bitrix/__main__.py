"""`python -m itgrix_core.sandbox.bitrix`: `itgrix sandbox` without the rest of the command line."""

import sys

import click

from itgrix_core.errors import ItgrixError
from itgrix_core.sandbox.bitrix.command import sandbox

if __name__ == "__main__":
    try:
        sandbox()
    except ItgrixError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
