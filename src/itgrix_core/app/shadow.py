"""A service in the shadow of another connector: its settings, and the folder that only it may use."""

from __future__ import annotations

from itgrix_core.config.schema import Settings
from itgrix_core.config.schema_routing import RoutingSettings
from itgrix_core.errors import DataFolderError
from itgrix_core.outbox.database import Database
from itgrix_core.outbox.retention import note, noted

FOLDER = "shadow"
"""Below the data folder: what the shadow has understood and would have filed."""

_MARK = "shadow"


def shadow_settings(settings: Settings) -> Settings:
    """The same settings for the shadow: a folder of its own, no caller is routed, nothing is repaired."""
    changed = {
        "data_folder": settings.data_folder / FOLDER,
        "routing": RoutingSettings(),
        "reconcile": settings.reconcile.model_copy(update={"repair": False}),
    }
    return settings.model_copy(update=changed)


def mark(database: Database, *, is_shadow: bool) -> None:
    """Write down whose outbox this is; raises `DataFolderError` if it is the other sort's.

    What a shadow has "filed" is in no CRM: a real service would take it for done.
    """
    with database.write() as connection:
        was = noted(connection, _MARK)
        if was is None:
            note(connection, _MARK, int(is_shadow))
    if bool(was) is not is_shadow and was is not None:
        sort = "a shadow's" if was else "a real service's"
        raise DataFolderError(
            f"{database.folder}: this outbox is {sort}. Choose another data_folder; the shadow's is "
            f"`{FOLDER}` below it."
        )
