"""Every setting that a configuration file may hold, as one table.

Reading, checking, environment variables, ``torc config`` and the reference page all follow from it. In a name
``*`` stands for any name and ``[]`` for the items of an array of tables.

Every command reads this, so the records are named tuples: those are made in a fraction of a dataclass's time.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Kind = Literal["text", "url", "path", "integer", "number", "boolean", "list", "tables", "regex", "pair"]

SECTIONS = ("client", "server", "dash")
LOG_LEVELS = ("error", "warn", "info", "debug", "trace")
DEFAULT_URL = "http://localhost:8080/torc-service/v1"


class Key(NamedTuple):
    """One setting.

    Parameters
    ----------
    kind
        What the value must be; ``tables`` is an array of tables.
    legacy
        Environment variables from before the nested spelling; they go before it.
    option
        Parameter of a command that this is the default of, when it is called otherwise than the key.
    least, most
        Bounds of a number; with ``above`` the lower one is excluded.
    place
        ``anywhere``; ``own``: not in a project's file, because the value names what is trusted or run;
        ``environment``: in no file, because it is a secret.
    """

    name: str
    kind: Kind
    default: Any
    meaning: str
    legacy: tuple[str, ...] = ()
    option: str = ""
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    above: bool = False
    required: bool = False
    place: Literal["anywhere", "own", "environment"] = "anywhere"

    @property
    def variable(self) -> str:
        """The environment variable that sets it, if one can."""
        spelled = "TORC_" + self.name.upper().replace(".", "__").replace("*", "<NAME>")
        return "" if self.kind == "tables" or "[]" in self.name else spelled

    @property
    def parameter(self) -> str:
        """The parameter of a command that this is the default of."""
        return self.option or self.name.rpartition(".")[2]

    @property
    def is_secret(self) -> bool:
        """Whether the value must not be shown."""
        return self.place == "environment"


_PROFILE = "client.hpc.custom_profiles.*"
_PARTITION = f"{_PROFILE}.partitions[]"

KEYS: tuple[Key, ...] = (
    Key("client.api_url", "url", DEFAULT_URL, "Address of the server.", ("TORC_API_URL",)),
    Key("client.format", "text", "table", "Output format.", choices=("table", "json")),
    Key(
        "client.log_level", "text", "info", "Log lines of this level and above; commands log nothing unless it is set.",
        ("RUST_LOG",), choices=LOG_LEVELS,
    ),
    Key("client.username", "text", None, "User name for basic authentication.", ("TORC_USERNAME",)),
    Key("client.password", "text", None, "Password for basic authentication.", ("TORC_PASSWORD",), place="environment"),
    Key("client.token", "text", None, "Bearer token; goes before a password.", ("TORC_API_TOKEN",),
        place="environment"),
    Key("client.database", "path", None, "Database to use when no server is named.", ("TORC_DATABASE",)),
    Key("client.timeout_secs", "number", 120.0, "Seconds that one reply may take.", least=0, above=True),
    Key("client.tls.ca_cert", "path", None, "File with the certificates to trust.",
        ("TORC_CA_FILE", "TORC_TLS_CA_CERT"), place="own"),
    Key("client.run.poll_interval", "number", 5.0, "Longest wait before a look at the server, in seconds.",
        least=0, above=True),
    Key("client.run.output_dir", "path", "output", "Directory for logs and the jobs' output."),
    Key("client.run.database_poll_interval", "integer", 30, "Accepted for older files; nothing polls the database.",
        least=1),
    Key("client.run.max_parallel_jobs", "integer", None, "Jobs to run at once, whatever they need.", least=1),
    Key("client.run.num_cpus", "integer", None, "CPUs to use; without it all that the process may use.",
        least=1),
    Key("client.run.memory_gb", "number", None, "Memory to use, in GiB; without it all.", least=0, above=True),
    Key("client.run.num_gpus", "integer", None, "GPUs to use; without it those that are visible.", least=0, most=1024),
    Key("client.hpc.profile_overrides.*.default_account", "text", None, "Slurm account for a built-in profile."),
    Key(f"{_PROFILE}.display_name", "text", None, "Name of the cluster as people write it."),
    Key(f"{_PROFILE}.description", "text", None, "What the cluster is."),
    Key(f"{_PROFILE}.detect_env_var", "pair", None, "NAME=value of an environment variable that tells the cluster."),
    Key(f"{_PROFILE}.detect_hostname", "regex", None, "Regular expression for the host names of the cluster."),
    Key(f"{_PROFILE}.default_account", "text", None, "Slurm account to use."),
    Key(f"{_PROFILE}.partitions", "tables", None, "The partitions of the cluster.", required=True),
    Key(f"{_PARTITION}.name", "text", None, "Name of the partition.", required=True),
    Key(f"{_PARTITION}.cpus_per_node", "integer", None, "CPU cores of a node.", least=1, required=True),
    Key(f"{_PARTITION}.memory_mb", "integer", None, "Memory of a node, in MB.", least=1, required=True),
    Key(f"{_PARTITION}.max_walltime_secs", "integer", None, "Longest allocation, in seconds.", least=1,
        required=True),
    Key(f"{_PARTITION}.gpus_per_node", "integer", None, "GPUs of a node.", least=0),
    Key(f"{_PARTITION}.gpu_type", "text", None, "Model of the GPUs, for example H100."),
    Key(f"{_PARTITION}.shared", "boolean", False, "Whether jobs share its nodes."),
    Key(f"{_PARTITION}.min_nodes", "integer", None, "Nodes that an allocation must have at least.", least=1),
    Key(f"{_PARTITION}.requires_explicit_request", "boolean", False, "Never choose this partition unasked."),
    Key("server.url", "text", "127.0.0.1", "Host name or address to listen on.", ("TORC_HOST",), option="host"),
    Key("server.port", "integer", 8080, "Port to listen on; 0 takes a free one.", ("TORC_PORT",),
        least=0, most=65535),
    Key("server.threads", "integer", 4, "Threads that read the database.", least=1, most=256),
    Key("server.database", "path", "torc.db", "SQLite file; created if it is not there.",
        ("TORC_DATABASE", "DATABASE_URL")),
    Key("server.log_level", "text", "info", "Log lines of this level and above.", ("TORC_LOG_LEVEL", "RUST_LOG"),
        choices=LOG_LEVELS),
    Key("server.auth_file", "path", None, "File with user names and hashed passwords.", ("TORC_AUTH_FILE",)),
    Key("server.require_auth", "boolean", False, "Refuse requests without credentials."),
    Key("server.credential_cache_ttl_secs", "number", 60.0, "Seconds for which a checked password is remembered.",
        least=0),
    Key("server.enforce_access_control", "boolean", False, "Show workflows to their owners and groups alone."),
    Key("server.admin_users", "list", (), "Users who may do everything.", option="admin_user", place="own"),
    Key("server.trusted_hosts", "list", (), "Further host names by which the server may be addressed.",
        option="trusted_host", place="own"),
    Key("server.token", "text", None, "Bearer token that every request must carry.", ("TORC_SERVER_TOKEN",),
        place="environment"),
    Key("server.allow_open", "boolean", False, "Listen beyond this machine without authentication.", place="own"),
    Key("server.https", "boolean", False, "Serve HTTPS; needs the certificate and its key."),
    Key("server.tls_cert", "path", None, "File with the certificate and its chain."),
    Key("server.tls_key", "path", None, "File with the certificate's private key."),
    Key("server.completion_check_interval_secs", "number", 60.0,
        "Accepted for older files; jobs are unblocked at once.", ("TORC_COMPLETION_CHECK_INTERVAL_SECS",),
        least=0, above=True),
    Key("server.pid_file", "path", None, "File for the number of the server's process.", place="own"),
    Key("server.logging.log_dir", "path", None, "Directory for log files; without it there are none.",
        ("TORC_LOG_DIR",)),
    Key("server.logging.json_logs", "boolean", False, "Write log files as lines of JSON."),
    Key("dash.host", "text", "127.0.0.1", "Host name or address to listen on."),
    Key("dash.port", "integer", 8090, "Port to listen on.", least=0, most=65535),
    Key("dash.api_url", "url", DEFAULT_URL, "Address of the server."),
    Key("dash.torc_bin", "path", "torc", "The torc program.", place="own"),
    Key("dash.torc_server_bin", "path", "torc-server", "The torc-server program.", place="own"),
    Key("dash.standalone", "boolean", False, "Start a server of its own."),
    Key("dash.server_port", "integer", 0, "Port of that server; 0 takes a free one.", least=0, most=65535),
    Key("dash.database", "path", None, "Database of that server."),
    Key("dash.completion_check_interval_secs", "integer", 5, "Passed on to that server.", least=1),
)  # fmt: skip

BY_NAME: dict[str, Key] = {key.name: key for key in KEYS}
