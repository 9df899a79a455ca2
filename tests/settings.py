"""Settings of a test run: the real ones, on a data folder that goes when it ends."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

KEPT = "DRIVEARR_TEST_"
"""What begins so is meant for the tests; all other settings of this home are not."""

for name in [n for n in os.environ if n.startswith("DRIVEARR_")]:
    if not name.startswith(KEPT):
        del os.environ[name]

_folder = tempfile.mkdtemp(prefix="drivearr-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["DRIVEARR_DATA_DIR"] = _folder
# Where collected files go; their server warns when it is not there.
(Path(_folder) / "static").mkdir()
# Programs that a test starts take the settings everybody has, on the same folder.
os.environ["DJANGO_SETTINGS_MODULE"] = "drivearr.settings"

from drivearr.settings import *  # noqa: E402, F403, TID251 - the environment comes first
from drivearr.settings import DATABASES, STORAGES  # noqa: E402, TID251

# A fast hash: the tests sign in often and hide nothing.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Without collected files there is no manifest to take names from.
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as at home: in memory, threads meet locks that no time-out waits for.
    DATABASES["default"]["TEST"] = {"NAME": f"{_folder}/tests.sqlite3"}
