"""Whose package `asterisk` is.

asterisk-ami and pyst2 both install a top-level package of that name into the same folder, and the one that
came last owns its `__init__.py` (defect 33 of the library). Which of the two is in force shows at the first
call otherwise; so `itgrix check` asks here, without importing anything that may not be there.
"""

from __future__ import annotations

from importlib import metadata, util

from itgrix_core.errors import AmiError

DISTRIBUTION = "asterisk-ami"
MENDED_VERSION = "0.1.7"
_MEND = f"pip install --force-reinstall {DISTRIBUTION}=={MENDED_VERSION}"


def check_package() -> str:
    """The version of asterisk-ami that is in force.

    Raises:
        AmiError: it is not installed, is another version than the one we mend, or shares its package with
            another distribution; the text says what to type.
    """
    try:
        version = metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        raise AmiError(f"The package {DISTRIBUTION} is not installed: {_MEND}") from None
    others = sorted(set(metadata.packages_distributions().get("asterisk", ())) - {DISTRIBUTION})
    if others:
        names = " ".join(others)
        raise AmiError(
            f"The package `asterisk` belongs to {DISTRIBUTION} and to {names} at once, which overwrite each "
            f"other's files: pip uninstall {names} && {_MEND}"
        )
    if util.find_spec("asterisk.ami.client") is None:
        raise AmiError(f"The package `asterisk` is here, but not {DISTRIBUTION}'s part of it: {_MEND}")
    if version != MENDED_VERSION:
        raise AmiError(f"{DISTRIBUTION} is {version}, but its reader is mended for {MENDED_VERSION}: {_MEND}")
    return version
