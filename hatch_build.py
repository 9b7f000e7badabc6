"""Put the built screen into the wheel, so that users need no Node."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ScreenBuildHook(BuildHookInterface[BuilderConfig]):
    """Build the screen before packing, unless it is there already (as in an unpacked source distribution)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # the hook's interface
        """Build backend/ui_dist with npm; an editable install serves whatever stands in the tree.

        Raises: RuntimeError if there is neither a built screen nor npm to build it with.
        """
        root = Path(self.root)
        frontend = root / "frontend"
        if version == "editable" or (root / "backend" / "ui_dist" / "index.html").is_file():
            return
        if not (frontend / "package.json").is_file():
            return  # a tree without a screen: the backend serves its plain page
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError("The screen is not built and npm is missing: install Node.js 20.19 or newer.")
        subprocess.run([npm, "ci"], cwd=frontend, check=True)
        subprocess.run([npm, "run", "build"], cwd=frontend, check=True)
