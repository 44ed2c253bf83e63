#!/usr/bin/env python3
"""Runs the pods of kubernetes.yaml and kubernetes_repair.yaml by `podman kube
play`, and a shop in them: first start, keys, a till, a node that dies, a stop, a
revoked certificate, a lost disk, the restore.

    kubernetes_walk.py FOLDER      as root, from kubernetes_walk.sh; ends at what
                                   is not so

podman 4.3 knows no StatefulSet, no fsGroup, no secret's mode and no probe but by a
program of the container's. What a cluster does for these is done here: the pod is
made from the template, volumes and secret get kubelet's owners and modes, and
probes are sent as the manifest says.
"""

import copy
import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import time

# For another Python than Debian's, too.
sys.path.append("/usr/lib/python3/dist-packages")
import yaml  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.abspath(sys.argv[1])
NAMESPACE = "shop"
IMAGE = "localhost/pistis:0.1.0"
PROGRAM = ("--program", "corner-shop")

RULEBOOK = """\
program: corner-shop
currency: EUR
time_zone: Europe/Athens
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
"""
CONTAINERS_CONF = """\
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


def path(*names):
    return os.path.join(FOLDER, *names)


def run(*words, stdin="", ok=True):
    done = subprocess.run(
        words, input=stdin, capture_output=True, text=True, check=False,
        env={**os.environ, "CONTAINERS_CONF": path("containers.conf")},
    )
    if (done.returncode == 0) != ok:
        what = "failed" if ok else "should have been refused"
        raise SystemExit(f"{' '.join(words)} {what}:\n{done.stdout}{done.stderr}")
    return done.stdout if ok else done.stdout + done.stderr


def podman(*words, **how):
    return run("podman", "--root", path("store"), "--runroot", path("run"), *words, **how)


def check(true, what):
    if not true:
        raise SystemExit(f"not so: {what}")
    print(what, flush=True)


def within(seconds, question):
    """Asks until it is so, and says after how long."""
    begun = time.monotonic()
    while not question():
        if time.monotonic() - begun > seconds:
            return None
        time.sleep(0.1)
    return time.monotonic() - begun


class Secret:
    """A mounted secret: a folder behind a link that is replaced as one."""

    def __init__(self, name, mode, group):
        self.folder, self.mode, self.group = path("secrets", name), mode, group
        self.version = 0
        os.makedirs(self.folder)

    def write(self, files):
        self.version += 1
        made = os.path.join(self.folder, f"..{self.version}")
        os.mkdir(made)
        for name, source in files.items():
            shutil.copyfile(source, os.path.join(made, name))
            os.chmod(os.path.join(made, name), self.mode)
            os.chown(os.path.join(made, name), 0, self.group)
            link = os.path.join(self.folder, name)
            if not os.path.islink(link):
                os.symlink(f"..data/{name}", link)
        os.symlink(os.path.basename(made), os.path.join(self.folder, "..new"))
        os.rename(os.path.join(self.folder, "..new"), os.path.join(self.folder, "..data"))


class Manifest:
    """kubernetes.yaml, and the pod that a cluster would make of it."""

    def __init__(self):
        with open(os.path.join(HERE, "kubernetes.yaml"), encoding="utf-8") as file:
            self.text = file.read()
        with open(os.path.join(HERE, "kubernetes_repair.yaml"), encoding="utf-8") as file:
            self.repair = yaml.safe_load(file)
        self.set = next(
            each for each in yaml.safe_load_all(self.text) if each["kind"] == "StatefulSet"
        )
        self.name = self.set["metadata"]["name"] + "-0"
        self.spec = self.set["spec"]["template"]["spec"]
        (self.container,) = self.spec["containers"]
        self.group = self.spec["securityContext"].get("fsGroup", 0)

    def claims(self):
        """The claims that the set makes, by the names of their volumes."""
        for claim in self.set["spec"]["volumeClaimTemplates"]:
            name = claim["metadata"]["name"]
            yield name, f"{name}-{self.name}"

    def pod(self):
        pod = {"apiVersion": "v1", "kind": "Pod", **copy.deepcopy(self.set["spec"]["template"])}
        pod["metadata"]["name"] = self.name
        pod["spec"]["volumes"] += [
            {"name": name, "persistentVolumeClaim": {"claimName": claim}}
            for name, claim in self.claims()
        ]
        return pod

    def secret_files(self):
        """Which file the secret has under which name."""
        files = re.findall(r"--from-file=(?:(\S+)=)?(\S+)", self.text)
        return {name or made: path("ca", made) for name, made in files}

    def answers(self, which):
        """Sends a probe as kubelet does: it trusts any certificate."""
        probe = self.container[which]
        ports = {port["name"]: port["containerPort"] for port in self.container["ports"]}
        get = probe["httpGet"]
        if get["scheme"] != "HTTPS":
            raise SystemExit(f"{which} is not by TLS")
        there = http.client.HTTPSConnection(
            "127.0.0.1", ports[get["port"]], timeout=probe.get("timeoutSeconds", 1),
            context=ssl._create_unverified_context(),
        )
        try:
            there.request("GET", get["path"])
            return 200 <= there.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False
        finally:
            there.close()

    def patience(self, which):
        probe = self.container[which]
        return probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)


def for_podman(pod):
    """The pod with what stands here for the parts that podman does not know."""
    pod = copy.deepcopy(pod)
    for volume in pod["spec"]["volumes"]:
        if "persistentVolumeClaim" in volume:
            name = path("volumes", volume.pop("persistentVolumeClaim")["claimName"])
        elif "secret" in volume:
            name = path("secrets", volume.pop("secret")["secretName"])
        else:
            continue
        volume["hostPath"] = {"path": name, "type": "Directory"}
    # Its network is the walk's own, where every port is open.
    for field in ("startupProbe", "readinessProbe", "livenessProbe", "ports"):
        pod["spec"]["containers"][0].pop(field, None)
    return pod


class Node:
    """What kubelet does with the manifest's pods."""

    def __init__(self, manifest):
        self.manifest = manifest

    def play(self, pod):
        file = path(pod["metadata"]["name"] + ".yaml")
        with open(file, "w", encoding="utf-8") as out:
            yaml.safe_dump(for_podman(pod), out)
        self.give_to_group(pod["spec"]["securityContext"].get("fsGroup", 0))
        podman("kube", "play", "--network", "host", file)

    def make_volumes(self):
        for name, _ in self.manifest.claims():
            # As on a disk that was just formatted.
            os.makedirs(os.path.join(self.volume(name), "lost+found"))
            os.chmod(self.volume(name), 0o755)
            os.chmod(os.path.join(self.volume(name), "lost+found"), 0o700)

    def volume(self, name):
        return path("volumes", dict(self.manifest.claims())[name])

    def give_to_group(self, group):
        """fsGroup, on a volume whose root is not the group's yet."""
        for name, _ in self.manifest.claims():
            top = self.volume(name)
            if os.stat(top).st_gid == group:
                continue
            for folder, _, files in os.walk(top):
                for each in [folder] + [os.path.join(folder, one) for one in files]:
                    os.chown(each, -1, group)
                    more = 0o2770 if os.path.isdir(each) else 0o660
                    os.chmod(each, os.stat(each).st_mode & 0o7777 | more)

    def start(self):
        self.play(self.manifest.pod())
        probe = "startupProbe"
        took = within(self.manifest.patience(probe), lambda: self.manifest.answers(probe))
        if took is None:
            raise SystemExit(f"the pod does not start:\n{self.log()}")
        for each in ("readinessProbe", "livenessProbe"):
            check(self.manifest.answers(each), f"{each} answers")

    def container(self):
        return f"{self.manifest.name}-{self.manifest.container['name']}"

    def log(self):
        """kubectl logs: both of its streams."""
        with open(path("log"), "w+", encoding="utf-8") as log:
            subprocess.run(
                ("podman", "--root", path("store"), "--runroot", path("run"), "logs",
                 self.container()),
                stdout=log, stderr=log, check=True,
            )
            log.seek(0)
            return log.read()

    def inside(self, *words, env=(), **how):
        """kubectl exec."""
        told = [word for each in env for word in ("--env", each)]
        return podman("exec", "-i", *told, self.container(), *words, **how)

    def die(self):
        podman("kill", "--signal", "KILL", self.container())
        podman("pod", "rm", "--force", self.manifest.name)

    def stop(self):
        """Stops the pod as `kubectl delete pod` does, and says how long it took."""
        grace = self.manifest.spec["terminationGracePeriodSeconds"]
        begun = time.monotonic()
        podman("stop", "--time", str(grace), self.container())
        took = time.monotonic() - begun
        code = podman("inspect", "--format", "{{.State.ExitCode}}", self.container())
        check(code.strip() == "0", f"the pod stops in {took:.1f} s of {grace} s, exit code 0")
        podman("pod", "rm", "--force", self.manifest.name)


class Walk:
    def __init__(self):
        self.manifest = Manifest()
        self.node = Node(self.manifest)
        self.key = None

    def make_secret(self):
        script = os.path.join(HERE, "make_certificates.sh")
        names = re.search(r"make_certificates.sh FOLDER server (.*)", self.manifest.text)[1]
        run("bash", script, path("ca"), "ca")
        run("bash", script, path("ca"), "server",
            *names.replace("NAMESPACE", NAMESPACE).split())
        run("bash", script, path("ca"), "till", "corner-shop", "harbour", "1")
        for volume in self.manifest.spec["volumes"]:
            if "secret" in volume:
                told = volume["secret"]
                self.secret = Secret(
                    told["secretName"], told["defaultMode"], self.manifest.group
                )
        self.secret.write(self.manifest.secret_files())

    def owner(self, *words, **how):
        return self.node.inside("pistis", *words, env=[f"PISTIS_KEY={self.key}"], **how)

    def till(self, *words, **how):
        """A till in another pod of the cluster."""
        name = f"pistis.{NAMESPACE}.svc"
        return podman(
            *("run", "--rm", "-i", "--network", "host", "--user", "0"),
            *("--add-host", f"{name}:127.0.0.1", "--volume", path("ca") + ":/ca:ro"),
            *("--entrypoint", "/usr/bin/pistis", IMAGE, "--server", name + ":7600"),
            *("--ca", "/ca/ca.pem", "--cert", "/ca/corner-shop-harbour-1.pem"),
            *("--cert-key", "/ca/corner-shop-harbour-1.key", *PROGRAM, *words), **how,
        )

    def sell(self, order_id, **how):
        line = {"line_id": "1", "sku": "tea", "quantity": 1, "amount_minor": 1000}
        order = {
            "order_id": order_id, "member_id": "bo", "store_id": "harbour",
            "terminal_id": "1", "lines": [line],
        }
        return self.till("order", "commit", "-", stdin=json.dumps(order), **how)

    def available(self):
        said = self.owner(*PROGRAM, "account", "show", "bo", "--json")
        return json.loads(said)["available"]

    def look_at_the_pod(self):
        inside = self.node.inside
        user = str(self.manifest.spec["securityContext"]["runAsUser"])
        status = dict(
            line.split(":\t", 1)
            for line in inside("cat", "/proc/1/status").splitlines() if ":\t" in line
        )
        check(inside("id", "-u").strip() == user, f"user {user}")
        check(int(status["CapBnd"], 16) == 0, "no capability")
        check(status["NoNewPrivs"] == "1", "no new privileges")
        check(status["Seccomp"] == "2", "system calls are filtered")
        how = dict(
            line.split()[1:4:2] for line in inside("cat", "/proc/mounts").splitlines()
        )
        for where in ("/", "/etc/pistis-tls"):
            check(how[where].startswith("ro,"), f"{where} is read-only")
        inside("touch", "/tmp/x")
        mode = self.secret.mode
        seen = inside("stat", "-Lc", "%u:%g %a", "/etc/pistis-tls/tls.key").strip()
        check(seen == f"0:{self.manifest.group} {mode:o}", f"the key is {seen}")
        for mounted in ("/var/lib/pistis", "/var/lib/pistis-backups"):
            seen = inside("stat", "-c", "%u:%g %a", mounted).strip()
            check(seen == f"0:{self.manifest.group} 2775", f"{mounted} is {seen}")

    def open_the_shop(self):
        said = self.node.log()
        self.key = re.search(r"owner's key, shown this once: (\S+)", said)[1]
        made = self.owner("key", "create", "owner", "--name", "me")
        first, self.key = self.key, re.search(r"pistis_\S+", made)[0]
        self.owner("key", "revoke", first.split("_")[1])
        self.owner("program", "create", "corner-shop", "--currency", "EUR",
                   "--time-zone", "Europe/Athens")
        self.owner("rulebook", "publish", "-", stdin=RULEBOOK)
        self.till("member", "create", "--id", "bo")
        self.sell("o1")
        check(self.available() == "10", "the owner's key of the log opens a shop, a till sells")

    def lose_the_node(self):
        self.node.die()
        self.node.start()
        check(self.available() == "10", "the pod was killed and the sale is there")

    def stop_and_start(self):
        self.sell("o2")
        self.node.stop()
        self.node.start()
        self.owner(*PROGRAM, "verify")
        check(self.available() == "20", "the pod was stopped and the sales are there")

    def back_up_and_restore(self):
        backups = self.manifest.container["env"]
        folder = next(one["value"] for one in backups if one["name"] == "PISTIS_BACKUP_DIR")
        self.owner("backup", "--id", "noon")
        self.owner("verify", "--backup", folder + "/noon")
        self.sell("o3")
        self.node.stop()
        shutil.rmtree(os.path.join(self.node.volume("data"), "data"))
        os.mkdir(os.path.join(self.node.volume("data"), "data"))
        name = self.manifest.repair["metadata"]["name"]
        self.node.play(self.manifest.repair)
        with open(os.path.join(HERE, "kubernetes_repair.yaml"), encoding="utf-8") as file:
            steps = re.findall(r"(?m)^#   ((?:mv|pistisd?) .*)$", file.read())
        check(len(steps) == 4, "the repair is four commands")
        for step in steps:
            # Ctrl-C after five seconds, for the one that is a server.
            step = re.sub("^pistisd ", "timeout --preserve-status -s INT 5 pistisd ", step)
            said = podman(
                "exec", "-i", f"{name}-pistisd", "bash", "-c", step.replace("NAME", "noon")
            )
        self.key = re.search(r"pistis_\w+", said)[0]
        podman("pod", "rm", "--force", name)
        self.node.start()
        check(self.available() == "20", "what the backup held is there, the new key is good")
        # The till sends again what it is not sure of.
        for order_id in ("o1", "o2", "o3"):
            self.sell(order_id)
        check(self.available() == "30", "tills bring back the rest")

    def revoke(self):
        self.sell("o4")
        run("bash", os.path.join(HERE, "make_certificates.sh"), path("ca"), "revoke",
            path("ca", "corner-shop-harbour-1.pem"))
        self.secret.write(self.manifest.secret_files())

        def is_refused():
            try:
                self.sell("o5")
            except SystemExit:
                return True
            return False

        took = within(60, is_refused)
        check(took is not None, "a new secret is read while the server runs")
        said = self.sell("o5", ok=False)
        check(re.search("(?i)certificate|unavailable|connect", said), "the revoked till is out")


def main():
    with open(path("containers.conf"), "w", encoding="utf-8") as file:
        file.write(CONTAINERS_CONF)
    walk = Walk()
    try:
        walk.make_secret()
        walk.node.make_volumes()
        walk.node.start()
        walk.look_at_the_pod()
        walk.open_the_shop()
        walk.lose_the_node()
        walk.stop_and_start()
        walk.back_up_and_restore()
        walk.revoke()
        walk.node.stop()
    finally:
        podman("pod", "rm", "--force", "--all")
    print("the manifest holds")


if __name__ == "__main__":
    main()
