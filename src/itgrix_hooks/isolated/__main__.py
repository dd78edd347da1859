"""`python -m itgrix_hooks.isolated LINE LIFE`: both are file descriptors."""

import sys

from itgrix_hooks.isolated.child import main

main(int(sys.argv[1]), int(sys.argv[2]))
