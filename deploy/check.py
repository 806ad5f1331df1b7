"""What no schema knows of the files in deploy/: that they fit one another, and that nobody gets more than the bot needs.

deploy/check runs it, with a Python that has a reader for YAML.
"""

import pathlib
import sys
import tomllib

import yaml

HERE = pathlib.Path(__file__).resolve().parent
SETTINGS = HERE / "compose.config.toml"
# What Quizloop allows itself of Discord's 50 requests a second, over all processes.
BUDGET = 48
SECRETS = {"DISCORD_TOKEN", "QUIZLOOP_STATE_URL"}

complaints = []


def expect(holds, what):
    if not holds:
        complaints.append(what)


def main():
    settings = SETTINGS.read_text()
    config = tomllib.loads(settings)
    port = int(config["health"]["listen"].rpartition(":")[2])
    share = None if "api_url" in config["discord"] else config["discord"]["requests_per_second"]
    compose(yaml.safe_load((HERE / "compose.yaml").read_text()), share)
    kubernetes(read_manifests(), settings, port, share)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    sys.exit(1 if complaints else 0)


def read_manifests():
    """The manifests by kind. Each is there once, so that a kind is a name."""
    folder = HERE / "kubernetes"
    listed = set(yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"])
    there = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
    # A placeholder that is applied would overwrite the token.
    expect(
        there - listed == {"secret.example.yaml"} and listed <= there,
        f"kustomization.yaml must list all but the example of a Secret; it lists {sorted(listed)}",
    )
    manifests = {}
    for name in sorted(there):
        for manifest in yaml.safe_load_all((folder / name).read_text()):
            kind = manifest["kind"]
            expect(kind not in manifests, f"{name}: a second {kind}; this check knows one of each")
            expect("namespace" not in manifest["metadata"], f"{name}: the operator chooses the namespace")
            manifests[kind] = manifest
    return manifests


def compose(file, share):
    bot = file["services"]["bot"]
    fits_budget("compose.yaml", bot["deploy"]["replicas"], share)
    arguments("compose.yaml", bot["command"])
    settings = file["configs"][bot["configs"][0]["source"]]["file"]
    expect((HERE / settings) == SETTINGS, f"compose.yaml: the bot reads {settings}, not {SETTINGS.name}")
    expect(SECRETS <= bot["environment"].keys(), f"compose.yaml: the bot needs {sorted(SECRETS)}")
    for name, service in file["services"].items():
        place = f"compose.yaml, {name}"
        expect(service.get("read_only") is True, f"{place}: the root file system is not read-only")
        expect(service.get("cap_drop") == ["ALL"], f"{place}: capabilities are left")
        expect("no-new-privileges:true" in service.get("security_opt", []), f"{place}: it may gain privileges")
        expect("ports" not in service, f"{place}: a port is published")
        for variable in SECRETS | {"POSTGRES_PASSWORD"}:
            value = service["environment"].get(variable)
            expect(value is None or "${" in value and ":?" in value, f"{place}: {variable} must come from outside")


def kubernetes(manifests, settings, port, share):
    stateful = manifests["StatefulSet"]
    spec = stateful["spec"]
    pod = spec["template"]["spec"]
    container = pod["containers"][0]
    labels = spec["template"]["metadata"]["labels"]
    fits_budget("statefulset.yaml", spec["replicas"], share)
    arguments("statefulset.yaml", container["args"])

    mounted = manifests["ConfigMap"]["data"]["config.toml"]
    expect(mounted == settings, f"configmap.yaml: config.toml is not the text of {SETTINGS.name}")
    volumes = {volume["name"]: volume["configMap"]["name"] for volume in pod["volumes"]}
    for mount in container["volumeMounts"]:
        expect(
            volumes.get(mount["name"]) == manifests["ConfigMap"]["metadata"]["name"],
            f"statefulset.yaml: {mount['mountPath']} is not the ConfigMap",
        )

    secret = manifests["Secret"]
    keys = {"name": secret["metadata"]["name"]}
    wanted = [{"name": name, "valueFrom": {"secretKeyRef": keys | {"key": name}}} for name in secret["stringData"]]
    expect(secret["stringData"].keys() == SECRETS, "secret.example.yaml: it has other keys than the bot reads")
    expect(container["env"] == wanted, "statefulset.yaml: env is not what secret.example.yaml has")
    for name, value in secret["stringData"].items():
        expect("PLACEHOLDER" in value, f"secret.example.yaml: {name} may be a real one")

    service = manifests["Service"]
    expect(spec["serviceName"] == service["metadata"]["name"], "statefulset.yaml: serviceName is no Service")
    selectors = {
        "StatefulSet": spec["selector"]["matchLabels"],
        "Service": service["spec"]["selector"],
        "PodDisruptionBudget": manifests["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        "NetworkPolicy": manifests["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    }
    for number, spread in enumerate(pod["topologySpreadConstraints"]):
        selectors[f"topologySpreadConstraints[{number}]"] = spread["labelSelector"]["matchLabels"]
    for kind, selector in selectors.items():
        expect(selector and selector.items() <= labels.items(), f"{kind}: it does not select the bot's pods")

    [named] = container["ports"]
    expect(named["containerPort"] == port, f"statefulset.yaml: the bot listens on {port}")
    uses = [container[probe]["httpGet"]["port"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")]
    uses += [entry["targetPort"] for entry in service["spec"]["ports"]]
    uses += [entry["port"] for rule in manifests["NetworkPolicy"]["spec"]["ingress"] for entry in rule["ports"]]
    expect(set(uses) == {named["name"]}, f"the port {named['name']} is meant, not {uses}")
    # 503 while Discord or the database is away: a restart would only lose what is not saved yet.
    for probe in ("startupProbe", "livenessProbe"):
        expect(container[probe]["httpGet"]["path"] != "/healthz", f"statefulset.yaml: {probe} must not ask /healthz")
    restricted(pod, container)


def restricted(pod, container):
    """The profile "restricted" of Kubernetes' Pod Security Standards, and a root file system that stays as it is."""
    inside, around = container["securityContext"], pod["securityContext"]
    rules = {
        "runAsNonRoot": around.get("runAsNonRoot") is True and around.get("runAsUser", 0) > 0,
        "seccompProfile": around.get("seccompProfile") == {"type": "RuntimeDefault"},
        "allowPrivilegeEscalation": inside.get("allowPrivilegeEscalation") is False,
        "capabilities": inside.get("capabilities") == {"drop": ["ALL"]},
        "readOnlyRootFilesystem": inside.get("readOnlyRootFilesystem") is True,
        "privileged": "privileged" not in inside,
        "hosts": not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(),
        "automountServiceAccountToken": pod.get("automountServiceAccountToken") is False,
        "one container": len(pod["containers"]) == 1 and "initContainers" not in pod,
    }
    for name, holds in rules.items():
        expect(holds, f"statefulset.yaml: {name} is not as the profile wants it")


def fits_budget(place, processes, share):
    # Compose's schema takes words as well, for variables.
    if not isinstance(processes, int):
        expect(False, f"{place}: {processes!r} is no number of processes")
    # With a proxy that holds the limits there is nothing to divide.
    elif share is not None:
        asked = processes * share
        expect(asked <= BUDGET, f"{place}: {processes} processes with {share} requests a second each are {asked} of {BUDGET}")


def arguments(place, words):
    # `--state DIR` goes before the database; three processes would each begin with an empty folder.
    expect(words[0] == "run" and "--state" not in words, f"{place}: `{' '.join(words)}` does not use the database")


main()
