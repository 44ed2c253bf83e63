#!/usr/bin/env python3
"""Plants each fault in a tree of its own and sees it caught."""

import os
import subprocess
import tempfile
import unittest

import scan
import tidy

PROTO = 'syntax = "proto3";\npackage p;\n'


def body_of(lines, signature="int Answer()"):
    """A function of `lines` lines, signature and closing brace included."""
    return "\n".join([signature + " {"] + ["  Step();"] * (lines - 2) + ["}"])


class TreeTest(unittest.TestCase):
    """One temporary repository per test, its folders with READMEs."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        subprocess.run(["git", "init", "-q", self.root], check=True)

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def faults_of(self, path, text):
        """The faults after `text` is written to `path` beside a README."""
        self.write(os.path.join(os.path.dirname(path), "README.md"), "here\n")
        self.write(path, text)
        return tidy.faults_in(self.root)

    def assert_caught(self, rule, path, text, line=1):
        found = [(f.path, f.line, f.rule) for f in self.faults_of(path, text)]
        self.assertEqual([(path, line, rule)], found)

    def assert_clean(self, path, text):
        self.assertEqual([], self.faults_of(path, text))


class IncludeTest(TreeTest):
    def assert_refused(self, path, target):
        with self.subTest(path=path, target=target):
            text = f'#include <string>\n\n#include "{target}"\n'
            self.assert_caught("include", path, text, line=3)
            os.remove(os.path.join(self.root, path))

    def assert_allowed(self, path, target):
        with self.subTest(path=path, target=target):
            self.assert_clean(path, f'#include "{target}"\n')

    def test_no_room_includes_one_that_stands_above_it(self):
        self.assert_refused("engine/base/a.h", "engine/expr/b.h")
        self.assert_refused("engine/rules/a.cc", "engine/margin/b.h")
        self.assert_refused("engine/ledger/a.cc", "engine/notes/b.h")

    def test_a_room_includes_those_below_it(self):
        self.assert_allowed("engine/margin/a.cc", "engine/rules/b.h")
        self.assert_allowed("engine/margin/b.cc", "engine/margin/b.h")
        self.assert_allowed("engine/operations/a.cc", "engine/storage/b.h")
        self.assert_allowed("engine/rulebook/a.cc", "pistis/v1/rulebook.pb.h")
        self.assert_allowed("server/a.cc", "engine/operations/b.h")
        self.assert_allowed("clients/cpp/a.cc", "engine/base/money.h")

    def test_pure_rooms_know_neither_storage_nor_operations(self):
        self.assert_refused("engine/notes/a.cc", "engine/storage/store.h")
        self.assert_refused("engine/rules/a.cc", "engine/operations/quote.h")

    def test_storage_knows_base_and_its_own_protos_alone(self):
        self.assert_refused("engine/storage/a.cc", "engine/ledger/lot.h")
        self.assert_refused("engine/storage/a.cc", "pistis/v1/order.pb.h")
        self.assert_allowed("engine/storage/a.cc", "pistis/store/v1/lot.pb.h")
        self.assert_allowed("engine/storage/memory/a.cc", "engine/base/ids.h")

    def test_the_engine_knows_no_transport_and_no_one_above_it(self):
        for target in (
            "server/main.h",
            "clients/cpp/client.h",
            "grpcpp/grpcpp.h",
            "grpc/grpc.h",
            "boost/beast/http.hpp",
            "pistis/v1/checkout_service.grpc.pb.h",
        ):
            self.assert_refused("engine/operations/a.cc", target)

    def test_only_its_own_room_knows_rocksdb(self):
        self.assert_refused("engine/storage/a.cc", "rocksdb/db.h")
        self.assert_refused("server/a.cc", "rocksdb/db.h")
        self.assert_allowed("engine/storage/rocksdb/a.cc", "rocksdb/db.h")

    def test_clients_and_server_do_not_know_each_other(self):
        self.assert_refused("clients/cli/a.cc", "server/main.h")
        self.assert_refused("clients/cli/a.cc", "engine/operations/quote.h")
        self.assert_refused("server/a.cc", "clients/cpp/client.h")

    def test_one_file_of_the_clients_reads_stopped_stores_and_no_more(self):
        one = "clients/cli/local_recount.cc"
        self.assert_allowed(one, "engine/operations/verify_ledger.h")
        self.assert_allowed(one, "engine/storage/rocksdb/stopped_store.h")
        self.assert_refused(one, "engine/operations/commit_order.h")
        self.assert_refused(one, "engine/storage/rocksdb/rocksdb_store.h")
        self.assert_refused("clients/cli/a.cc", "engine/operations/verify_ledger.h")
        self.assert_refused("clients/cpp/a.cc", "engine/storage/backup.h")

    def test_shipped_code_knows_no_tests_but_tests_look_further(self):
        self.assert_refused("engine/order/a.cc", "tests/support/builders.h")
        self.assert_allowed("engine/order/a_test.cc", "tests/support/builders.h")
        self.assert_allowed("engine/rules/a_test.cc", "engine/margin/guard.h")
        self.assert_allowed("tests/e2e/a.cc", "server/main.h")
        self.assert_refused("engine/rules/a_test.cc", "server/main.h")

    def test_an_unknown_room_is_named(self):
        text = '#include "engine/base/ids.h"\n'
        self.assert_caught("include", "engine/attic/a.cc", text)


class LengthTest(TreeTest):
    def test_a_file_has_at_most_500_lines(self):
        self.assert_clean("engine/base/a.h", "int a;\n" * 500)
        self.assert_caught("file-length", "engine/base/a.h", "int a;\n" * 501)

    def test_a_function_has_at_most_70_lines(self):
        self.assert_clean("engine/base/a.cc", body_of(70))
        text = "\n\n" + body_of(71)
        self.assert_caught("function-length", "engine/base/a.cc", text, 3)

    def test_a_python_function_is_measured_too(self):
        text = "def f():\n" + "    g()\n" * 70
        self.assert_caught("function-length", "tests/e2e/a.py", text)

    def test_every_shape_of_function_is_seen(self):
        for signature in (
            "Thing::Thing(int a) : a_(a), b_{a}, c_{}",
            "template <typename T = int>\nT Get(const T& t) const noexcept",
            "auto Sum() -> std::vector<int>",
            "TEST(SumTest, AddsUp)",
            "Thing& operator=(const Thing& other)",
            "const auto kAdd = [](int a)",
            "struct Sum Make(std::vector<int> v = {})",
            "void Thing::Run() ABSL_LOCKS_EXCLUDED(mu_)",
        ):
            with self.subTest(signature=signature):
                text = f"namespace pistis {{\n{body_of(71, signature)}\n}}\n"
                found = scan.functions(text)
                self.assertEqual(1, len(found))
                self.assertGreaterEqual(found[0].length, 71)

    def test_methods_inside_a_class_are_measured_one_by_one(self):
        text = f"class A : public B {{\n public:\n{body_of(60)}\n{body_of(60)}\n}};"
        self.assertEqual([60, 60], [f.length for f in scan.functions(text)])

    def test_tables_of_data_are_no_functions(self):
        text = "constexpr int kA[] = {\n" + "  1,\n" * 80 + "};\n"
        self.assertEqual([], scan.functions(text))

    def test_braces_in_text_and_comments_do_not_count(self):
        text = (
            "int F() {\n  // }\n  /* } */ S(\"}\"); C('}');\n"
            '  R(R"(}")");\n#define X }\n  N(1\'000);\n}\nint G() {\n}\n'
        )
        self.assertEqual(
            [("F", 7), ("G", 2)],
            [(f.name, f.length) for f in scan.functions(text)],
        )


class ProtoTest(TreeTest):
    def test_every_kind_of_element_needs_a_comment(self):
        for text in (
            "message M {}\n",
            "enum E {}\n",
            "service S {}\n",
            "// M.\nmessage M {\n  string a = 1;\n}\n",
            "// M.\nmessage M {\n  map<string, int32> a = 1;\n}\n",
            "// M.\nmessage M {\n  repeated p.M a = 1 [packed = true];\n}\n",
            "// M.\nmessage M {\n  oneof o {\n  }\n}\n",
            "// M.\nmessage M {\n  message N {}\n}\n",
            "// E.\nenum E {\n  ZERO = 0;\n}\n",
            "// S.\nservice S {\n  rpc Do(M) returns (M);\n}\n",
        ):
            with self.subTest(text=text):
                line = 3 if text.startswith("message M {}") else None
                found = self.faults_of("proto/p.proto", PROTO + text)
                self.assertEqual(["proto-comment"], [f.rule for f in found])
                self.assertEqual(line or found[0].line, found[0].line)

    def test_a_comment_leads_or_trails(self):
        text = (
            "// M.\nmessage M {\n  option deprecated = true;\n  reserved 4;\n"
            "  string a = 1;  // A.\n  // B, which\n  // is long.\n"
            "  string b =\n      2;\n}\n"
        )
        self.assert_clean("proto/p.proto", PROTO + text)

    def test_the_comment_of_the_line_above_is_not_borrowed(self):
        text = "// M.\nmessage M {\n  string a = 1;  // A.\n  string b = 2;\n}\n"
        self.assert_caught("proto-comment", "proto/p.proto", PROTO + text, 6)


class WordTest(TreeTest):
    def test_work_left_behind_has_an_owner(self):
        self.assert_caught("unowned-todo", "server/a.cc", "\n// TODO: more\n", 2)
        self.assert_clean("server/a.cc", "// TODO(ada): more\n")

    def test_exact_rooms_hold_no_floating_point(self):
        for room in ("ledger", "margin", "rules", "order", "base"):
            path = f"engine/{room}/a.h"
            self.assert_caught("floating-point", path, "int a;\ndouble b;\n", 2)
            self.assert_clean(path, "// No double.\nint doubled;\n")
        self.assert_clean("engine/base/a_test.cc", "float a;\n")
        self.assert_clean("engine/expr/a.h", "double a;\n")

    def test_words_that_must_not_appear(self):
        self.assert_caught("word", "server/a.cc", "// FIXME\n")
        os.remove(os.path.join(self.root, "server/a.cc"))
        self.assert_caught("word", "server/b.h", "class LotManager {};\n")
        os.remove(os.path.join(self.root, "server/b.h"))
        self.assert_caught("word", "engine/codes/c.h", "int coupon_count;\n")
        os.remove(os.path.join(self.root, "engine/codes/c.h"))
        self.assert_caught("word", "server/string_util.h", "int a;\n")

    def test_no_path_of_one_machine(self):
        self.assert_caught("machine-path", "deploy/a.sh", "cd /home/ada\n")
        self.assert_clean("deploy/a.sh", "cd build/home/ada; cat ~/work/x\n")

    def test_pure_rooms_take_time_and_chance_as_arguments(self):
        text = "int a = absl::Now();\n"
        self.assert_caught("ambient", "engine/ledger/a.cc", text)
        os.remove(os.path.join(self.root, "engine/ledger/a.cc"))
        self.assert_clean("engine/operations/a.cc", text)


class TreeShapeTest(TreeTest):
    def test_every_folder_of_sources_has_a_readme(self):
        self.write("engine/base/a.h", "int a;\n")
        found = tidy.faults_in(self.root)
        self.assertEqual(["readme"], [f.rule for f in found])
        self.assertEqual("engine/base/", found[0].path)

    def test_ignored_files_are_not_looked_at(self):
        self.write(".gitignore", "/build/\n")
        self.write("build/generated/a.cc", "// FIXME\n" * 600)
        self.assertEqual([], tidy.faults_in(self.root))

    def test_a_clean_tree_is_clean(self):
        text = "namespace pistis {\nint F() { return 1; }\n}  // namespace pistis\n"
        self.assert_clean("engine/base/a.cc", text)


if __name__ == "__main__":
    unittest.main()
