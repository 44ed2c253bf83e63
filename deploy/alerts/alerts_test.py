#!/usr/bin/env python3
"""promtool finds the alerts sound, and each fires and comes to rest."""

import os
import re
import shutil
import subprocess
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


class AlertsTest(unittest.TestCase):
    def check(self, *words):
        done = subprocess.run(
            ["promtool", *words], capture_output=True, text=True, check=False, cwd=HERE
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @unittest.skipUnless(shutil.which("promtool"), "needs promtool, of prometheus")
    def test_the_rules_are_sound(self):
        self.check("check", "rules", "pistis.yaml")

    @unittest.skipUnless(shutil.which("promtool"), "needs promtool, of prometheus")
    def test_they_say_what_they_should(self):
        self.check("test", "rules", "pistis_test.yaml")

    def test_each_alert_is_seen_to_fire_and_to_rest(self):
        alerts = set(re.findall(r"- alert: (\w+)", read("pistis.yaml")))
        seen = re.findall(
            r"alertname: (\w+)[,\s]+exp_alerts:( \[\])?", read("pistis_test.yaml")
        )
        self.assertEqual({name for name, rests in seen if rests}, alerts)
        self.assertEqual({name for name, rests in seen if not rests}, alerts)


if __name__ == "__main__":
    unittest.main(verbosity=2)
