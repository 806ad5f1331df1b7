"""Checks what no schema covers in deploy/.

The files must match one another, and nothing may get more access than it needs. deploy/check runs
this with a Python that has PyYAML.
"""

import pathlib
import sys
import tomllib

import yaml

HERE = pathlib.Path(__file__).resolve().parent
SETTINGS = HERE / "compose.config.toml"
# Maximum requests per second over all processes. Discord accepts 50.
BUDGET = 48
SECRETS = {"DISCORD_TOKEN", "QUIZLOOP_STATE_URL"}

errors = []


def expect(condition, message):
    if not condition:
        errors.append(message)


def main():
    settings = SETTINGS.read_text()
    config = tomllib.loads(settings)
    port = int(config["health"]["listen"].rpartition(":")[2])
    share = None if "api_url" in config["discord"] else config["discord"]["requests_per_second"]
    compose(yaml.safe_load((HERE / "compose.yaml").read_text()), share)
    simple = yaml.safe_load((HERE / "compose.simple.yaml").read_text())
    restricted_services("compose.simple.yaml", simple["services"])
    image_files()
    kubernetes(read_manifests(), settings, port, share)
    for error in errors:
        print(error, file=sys.stderr)
    sys.exit(1 if errors else 0)


def read_manifests():
    """Returns the manifests by kind. Each kind occurs only once."""
    folder = HERE / "kubernetes"
    listed = set(yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"])
    present = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
    # Applying the placeholder would overwrite the token.
    expect(
        present - listed == {"secret.example.yaml"} and listed <= present,
        f"kustomization.yaml must list all files except the example Secret, not {sorted(listed)}",
    )
    manifests = {}
    for name in sorted(present):
        for manifest in yaml.safe_load_all((folder / name).read_text()):
            kind = manifest["kind"]
            expect(kind not in manifests, f"{name}: second {kind}; this check supports one of each")
            expect("namespace" not in manifest["metadata"], f"{name}: must not set a namespace")
            manifests[kind] = manifest
    return manifests


def compose(file, share):
    bot = file["services"]["bot"]
    fits_budget("compose.yaml", bot["deploy"]["replicas"], share)
    arguments("compose.yaml", bot["command"])
    settings = file["configs"][bot["configs"][0]["source"]]["file"]
    expect(
        (HERE / settings) == SETTINGS,
        f"compose.yaml: the bot reads {settings} instead of {SETTINGS.name}",
    )
    expect(SECRETS <= bot["environment"].keys(), f"compose.yaml: the bot needs {sorted(SECRETS)}")
    restricted_services("compose.yaml", file["services"])


def restricted_services(file, services):
    """Checks that no service gets more access than it needs."""
    for name, service in services.items():
        place = f"{file}, {name}"
        expect(service.get("read_only") is True, f"{place}: the root file system is not read-only")
        expect(service.get("cap_drop") == ["ALL"], f"{place}: not all capabilities are dropped")
        expect(
            "no-new-privileges:true" in service.get("security_opt", []),
            f"{place}: no-new-privileges is missing",
        )
        expect("ports" not in service, f"{place}: a port is published")
        for variable in SECRETS | {"POSTGRES_PASSWORD"}:
            value = service["environment"].get(variable)
            expect(
                value is None or "${" in value and ":?" in value,
                f"{place}: {variable} must come from the environment",
            )


def image_files():
    """Checks that .dockerignore excludes everything but what the Containerfile copies."""
    lines = (HERE / "Containerfile").read_text().splitlines()
    copies = [line.split()[1:-1] for line in lines if line.startswith("COPY ")]
    copied = {name for names in copies if not names[0].startswith("--") for name in names}
    ignore = (HERE.parent / ".dockerignore").read_text().splitlines()
    included = {line[1:] for line in ignore if line.startswith("!")}
    expect("*" in ignore, ".dockerignore must exclude all other files")
    expect(
        included == copied,
        f".dockerignore and the Containerfile differ in {sorted(included ^ copied)}",
    )


def kubernetes(manifests, settings, port, share):
    stateful = manifests["StatefulSet"]
    spec = stateful["spec"]
    pod = spec["template"]["spec"]
    container = pod["containers"][0]
    labels = spec["template"]["metadata"]["labels"]
    fits_budget("statefulset.yaml", spec["replicas"], share)
    arguments("statefulset.yaml", container["args"])

    mounted = manifests["ConfigMap"]["data"]["config.toml"]
    expect(mounted == settings, f"configmap.yaml: config.toml differs from {SETTINGS.name}")
    volumes = {volume["name"]: volume["configMap"]["name"] for volume in pod["volumes"]}
    for mount in container["volumeMounts"]:
        expect(
            volumes.get(mount["name"]) == manifests["ConfigMap"]["metadata"]["name"],
            f"statefulset.yaml: {mount['mountPath']} does not mount the ConfigMap",
        )

    secret = manifests["Secret"]
    keys = {"name": secret["metadata"]["name"]}
    wanted = [
        {"name": name, "valueFrom": {"secretKeyRef": keys | {"key": name}}}
        for name in secret["stringData"]
    ]
    expect(
        secret["stringData"].keys() == SECRETS,
        "secret.example.yaml: the keys differ from those the bot reads",
    )
    expect(container["env"] == wanted, "statefulset.yaml: env does not match secret.example.yaml")
    for name, value in secret["stringData"].items():
        expect("PLACEHOLDER" in value, f"secret.example.yaml: {name} may be a real secret")

    service = manifests["Service"]
    expect(
        spec["serviceName"] == service["metadata"]["name"],
        "statefulset.yaml: serviceName does not name the Service",
    )
    selectors = {
        "StatefulSet": spec["selector"]["matchLabels"],
        "Service": service["spec"]["selector"],
        "PodDisruptionBudget": manifests["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        "NetworkPolicy": manifests["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    }
    for number, spread in enumerate(pod["topologySpreadConstraints"]):
        selectors[f"topologySpreadConstraints[{number}]"] = spread["labelSelector"]["matchLabels"]
    for kind, selector in selectors.items():
        expect(
            selector and selector.items() <= labels.items(),
            f"{kind}: does not select the bot's pods",
        )

    [named] = container["ports"]
    expect(
        named["containerPort"] == port,
        f"statefulset.yaml: containerPort must be {port}, where the bot listens",
    )
    uses = [
        container[probe]["httpGet"]["port"]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    ]
    uses += [entry["targetPort"] for entry in service["spec"]["ports"]]
    uses += [
        entry["port"]
        for rule in manifests["NetworkPolicy"]["spec"]["ingress"]
        for entry in rule["ports"]
    ]
    expect(set(uses) == {named["name"]}, f"all ports must be {named['name']}, not {uses}")
    # /healthz returns 503 while Discord or the database is unavailable. A restart would not help
    # then and would lose unsaved changes.
    for probe in ("startupProbe", "livenessProbe"):
        expect(
            container[probe]["httpGet"]["path"] != "/healthz",
            f"statefulset.yaml: {probe} must not use /healthz",
        )
    restricted(pod, container)


def restricted(pod, container):
    """Checks Kubernetes' "restricted" Pod Security Standard and a read-only root file system."""
    container_context, pod_context = container["securityContext"], pod["securityContext"]
    rules = {
        "runAsNonRoot": pod_context.get("runAsNonRoot") is True
        and pod_context.get("runAsUser", 0) > 0,
        "seccompProfile": pod_context.get("seccompProfile") == {"type": "RuntimeDefault"},
        "allowPrivilegeEscalation": container_context.get("allowPrivilegeEscalation") is False,
        "capabilities": container_context.get("capabilities") == {"drop": ["ALL"]},
        "readOnlyRootFilesystem": container_context.get("readOnlyRootFilesystem") is True,
        "privileged": "privileged" not in container_context,
        "hosts": not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(),
        "automountServiceAccountToken": pod.get("automountServiceAccountToken") is False,
        "one container": len(pod["containers"]) == 1 and "initContainers" not in pod,
    }
    for name, is_met in rules.items():
        expect(is_met, f"statefulset.yaml: {name} does not meet the profile")


def fits_budget(place, processes, share):
    # Compose's schema also accepts strings, for variables.
    if not isinstance(processes, int):
        expect(False, f"{place}: {processes!r} is not a number of processes")
    # With a proxy that enforces the limits, there is nothing to divide.
    elif share is not None:
        total = processes * share
        expect(
            total <= BUDGET,
            f"{place}: {processes} processes with {share} requests/s exceed {BUDGET}",
        )


def arguments(place, words):
    # The bot refuses `--state DIR` together with a database.
    expect(
        words[0] == "run" and "--state" not in words,
        f"{place}: `{' '.join(words)}` does not use the database",
    )


main()
