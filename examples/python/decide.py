"""A job that decides which jobs come next: run with the name of a lineage, it spawns two generations."""

import sys

from torc import Orchestrator, SpawnJobModel

orchestrator = Orchestrator.from_env(lineage_fallback=sys.argv[1] if len(sys.argv) > 1 else None)
generation = orchestrator.generation
if generation == 2:
    orchestrator.converge(state={"best": generation})
else:
    following = generation + 1
    orchestrator.spawn(
        jobs=[
            SpawnJobModel(name=f"try_{following}", command="true"),
            SpawnJobModel(
                name=f"decide_{following}",
                command=f"{sys.executable} {sys.argv[0]}",
                depends_on=[f"try_{following}"],
            ),
        ],
        state={"generation": following},
    )
