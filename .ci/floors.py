"""Print the oldest versions that pyproject.toml allows, as pip constraints."""

import pathlib
import re
import tomllib

project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
requirements = [*project["dependencies"], *extras["report"], *extras["polars"]]
for requirement in requirements:
    match = re.fullmatch(r"([A-Za-z0-9_.-]+)>=([0-9.]+)", requirement)
    if match:
        # "1.6" pins the first release of 1.6, and ".*" the last mended one of it.
        print(f"{match[1]}=={match[2]}.*")
