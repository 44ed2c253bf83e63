#!/usr/bin/env python3
"""The manifests are what the API of Kubernetes takes: each field is one that it
has, of the type that it has there, none that it wants is missing, and the names
in them meet. The API is the one that Debian's python3-kubernetes describes (1.22,
all of which the later ones have).

    kubernetes_test.py      ends with 77 where that package is not installed
"""

import os
import re
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
try:
    # For another Python than Debian's, too.
    sys.path.append("/usr/lib/python3/dist-packages")
    import kubernetes.client as api
    import yaml
except ImportError as error:
    print(f"not tested: apt-get install python3-kubernetes ({error})")
    sys.exit(77)

SCALARS = {"str": str, "bool": bool, "int": int, "float": float}


class StrictLoader(yaml.SafeLoader):
    """Refuses a key that stands twice, as kubectl does."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.MarkedYAMLError(
                    problem=f"{key} stands twice", problem_mark=node.start_mark
                )
        return super().construct_mapping(node, deep)


def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def parse(text):
    return list(yaml.load_all(text, StrictLoader))


def faults_of(value, type_name, path):
    """What the API would refuse in `value`, one line a fault."""
    inner = re.fullmatch(r"(list\[|dict\(str, )(.+)[\])]", type_name)
    if inner:
        kind = list if inner[1] == "list[" else dict
        if not isinstance(value, kind):
            return [f"{path}: {value!r} is no {kind.__name__}"]
        each = enumerate(value) if kind is list else value.items()
        return [
            fault for key, one in each
            for fault in faults_of(one, inner[2], f"{path}[{key}]")
        ]
    if type_name == "object":
        # A number or a name, as of a port.
        return [] if isinstance(value, (int, str)) else [f"{path}: {value!r} is no scalar"]
    if type_name in SCALARS:
        same = type(value) is SCALARS[type_name]
        return [] if same else [f"{path}: {value!r} is no {type_name}"]
    return model_faults(value, getattr(api, type_name), path)


def model_faults(value, model, path):
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is no {model.__name__}"]
    attributes = {field: name for name, field in model.attribute_map.items()}
    faults, known = [], {}
    for field, one in value.items():
        if field not in attributes:
            faults.append(f"{path}.{field}: {model.__name__} has no such field")
            continue
        known[attributes[field]] = one
        type_name = model.openapi_types[attributes[field]]
        faults += faults_of(one, type_name, f"{path}.{field}")
    try:
        # Refuses what lacks a field that is required.
        model(**known)
    except ValueError as error:
        faults.append(f"{path}: {error}")
    return faults


def object_faults(thing):
    """The same for one object of a manifest."""
    version, kind = str(thing.get("apiVersion")), str(thing.get("kind"))
    group, _, number = version.rpartition("/")
    calls = getattr(api, f"{(group or 'core').capitalize()}{number.capitalize()}Api", None)
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()
    if not hasattr(calls, f"create_namespaced_{snake}"):
        return [f"{version} has no {kind}"]
    return model_faults(thing, getattr(api, number.capitalize() + kind), kind)


def name_faults(pod, claims):
    """Names in the pod that nothing there bears."""
    faults = []
    volumes = [volume["name"] for volume in pod["volumes"]] + claims
    for container in pod["containers"]:
        mounts = [mount["name"] for mount in container["volumeMounts"]]
        faults += [f"no volume {name}" for name in mounts if name not in volumes]
        faults += [f"volume {name} is not mounted" for name in volumes if name not in mounts]
        ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
        for field, probe in container.items():
            if field.endswith("Probe") and probe["httpGet"]["port"] not in ports:
                faults.append(f"{field}: no port {probe['httpGet']['port']}")
        names = [one["name"] for one in container.get("env", [])]
        faults += [f"{name} stands twice" for name in names if names.count(name) > 1]
    return faults


def openness(pod):
    """What the Pod Security Standard "restricted" would refuse."""
    faults = []
    whole = pod.get("securityContext", {})
    if whole.get("runAsNonRoot") is not True:
        faults.append("may run as root")
    if whole.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        faults.append("all system calls are open")
    for container in pod["containers"]:
        own = container.get("securityContext", {})
        if own.get("allowPrivilegeEscalation") is not False:
            faults.append("may gain privileges")
        if own.get("capabilities") != {"drop": ["ALL"]}:
            faults.append("keeps capabilities")
        if own.get("readOnlyRootFilesystem") is not True:
            faults.append("may write to its root")
    for volume in pod["volumes"]:
        kinds = set(volume) - {"name"}
        if not kinds <= {"secret", "emptyDir", "persistentVolumeClaim"}:
            faults.append(f"volume {volume['name']} is a {kinds}")
    return faults


class KubernetesTest(unittest.TestCase):
    def setUp(self):
        self.text = read("kubernetes.yaml")
        things = parse(self.text)
        self.set = next(each for each in things if each["kind"] == "StatefulSet")
        self.service = next(each for each in things if each["kind"] == "Service")
        self.budget = next(each for each in things if "Budget" in each["kind"])
        self.template = self.set["spec"]["template"]
        self.repair = parse(read("kubernetes_repair.yaml"))[0]

    def test_each_field_is_one_of_the_api(self):
        for name in ("kubernetes.yaml", "kubernetes_repair.yaml"):
            for thing in parse(read(name)):
                self.assertEqual(object_faults(thing), [], name)

    def test_what_the_api_refuses_is_found(self):
        for whole, broken, fault in (
            ("fsGroup:", "fsgroup:", ".fsgroup: V1PodSecurityContext has no such field"),
            ("runAsUser: 10001", 'runAsUser: "10001"', "'10001' is no int"),
            ("drop: [ALL]", "drop: ALL", "'ALL' is no list"),
            ("tmp\n          emptyDir: {}", "tmp\n          emptyDir:", "None is no V1Empty"),
            ("apps/v1", "apps/v2", "apps/v2 has no StatefulSet"),
            ("policy/v1", "apps/v1", "apps/v1 has no PodDisruptionBudget"),
            ("serviceName: pistis", "", "`service_name`, must not be `None`"),
            ("value: 1d", "value: 1", "env[2].value: 1 is no str"),
            ("readOnly: true", "readonly: true", "V1VolumeMount has no such field"),
            ("port: http, scheme", "portname: http, scheme", "`port`, must not be `None`"),
            ("defaultMode: 0440", 'defaultMode: "0440"', "'0440' is no int"),
        ):
            self.assertIn(whole, self.text)
            found = [
                each for thing in parse(self.text.replace(whole, broken))
                for each in object_faults(thing)
            ]
            self.assertTrue([each for each in found if fault in each], f"{broken}: {found}")
        with self.assertRaisesRegex(yaml.MarkedYAMLError, "replicas stands twice"):
            parse(self.text.replace("replicas: 1", "replicas: 1\n  replicas: 2"))

    def test_names_meet(self):
        labels = self.template["metadata"]["labels"]
        spec = self.set["spec"]
        self.assertEqual(spec["selector"]["matchLabels"], labels)
        self.assertEqual(self.service["spec"]["selector"], labels)
        self.assertEqual(self.budget["spec"]["selector"]["matchLabels"], labels)
        self.assertEqual(spec["serviceName"], self.service["metadata"]["name"])
        (container,) = self.template["spec"]["containers"]
        ports = {port["containerPort"] for port in container["ports"]}
        self.assertEqual({port["port"] for port in self.service["spec"]["ports"]}, ports)
        claims = [claim["metadata"]["name"] for claim in spec["volumeClaimTemplates"]]
        self.assertEqual(name_faults(self.template["spec"], claims), [])
        self.assertEqual(name_faults(self.repair["spec"], []), [])

    def test_there_is_one_server_and_it_has_time_to_stop(self):
        self.assertEqual(self.set["spec"]["replicas"], 1)
        unit = re.search(r"(?m)^TimeoutStopSec=(\d+)s$", read("pistisd.service"))
        grace = self.template["spec"]["terminationGracePeriodSeconds"]
        self.assertGreaterEqual(grace, int(unit[1]))

    def test_a_pod_may_do_as_little_as_the_strictest_standard_asks(self):
        for pod in (self.template, self.repair):
            self.assertEqual(openness(pod["spec"]), [])

    def test_the_repair_is_made_where_the_server_was_and_as_it(self):
        served, repair = self.template["spec"], self.repair["spec"]
        self.assertEqual(repair["securityContext"], served["securityContext"])
        self.assertEqual(
            repair["containers"][0]["image"], served["containers"][0]["image"]
        )
        name = self.set["metadata"]["name"]
        made = {
            claim["metadata"]["name"]: f"{claim['metadata']['name']}-{name}-0"
            for claim in self.set["spec"]["volumeClaimTemplates"]
        }
        named = {
            volume["name"]: volume["persistentVolumeClaim"]["claimName"]
            for volume in repair["volumes"] if "persistentVolumeClaim" in volume
        }
        self.assertEqual(named, made)
        mounted = served["containers"][0]["volumeMounts"]
        for mount in repair["containers"][0]["volumeMounts"]:
            self.assertIn(mount, mounted)
        # Nor does the service send sales to it.
        self.assertNotEqual(
            self.repair["metadata"]["labels"], self.template["metadata"]["labels"]
        )


if __name__ == "__main__":
    unittest.main()
