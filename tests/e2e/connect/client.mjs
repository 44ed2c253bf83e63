// Calls a pistisd with the client of connectrpc.com, as JSON and as protobuf:
//   node client.mjs http://127.0.0.1:PORT DESCRIPTORS
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";

const [baseUrl, descriptors] = process.argv.slice(2);
const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)),
);

async function refusal(call) {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof ConnectError, String(error));
    const info = registry.getMessage("google.rpc.ErrorInfo");
    return { code: error.code, reason: error.findDetails(info)[0]?.reason };
  }
  assert.fail("the call was not refused");
}

async function check(programId, useBinaryFormat) {
  const transport = createConnectTransport({
    baseUrl,
    httpVersion: "1.1",
    useBinaryFormat,
  });
  const client = (name) =>
    createClient(registry.getService(`pistis.v1.${name}`), transport);

  const program = { programId, currency: "EUR", timeZone: "Europe/Athens" };
  const made = await client("AdminService").createProgram({
    requestId: `make-${programId}`,
    program,
  });
  assert.equal(made.programId, programId);
  await client("MemberService").createMember({
    programId,
    requestId: "r2",
    member: { memberId: "ann" },
  });
  const ledger = client("LedgerService");
  await ledger.earnPoints({
    programId,
    requestId: "r3",
    memberId: "ann",
    points: 50n,
    reason: "welcome",
  });
  const account = await ledger.getAccount({ programId, memberId: "ann" });
  assert.equal(account.available, 50n);

  assert.deepEqual(
    await refusal(ledger.getAccount({ programId, memberId: "nobody" })),
    { code: Code.NotFound, reason: "NOT_FOUND" },
  );
  assert.deepEqual(
    await refusal(ledger.getAccount({ programId: "no such\n", memberId: "a" })),
    { code: Code.InvalidArgument, reason: "FIELD_INVALID" },
  );

  const events = client("EventService");
  const kinds = [];
  for await (const event of events.streamEvents({ programId }))
    kinds.push(event.payload.case);
  assert.ok(kinds.length >= 2, kinds.join());

  const wrong = events.streamEvents({ programId: "nowhere" });
  assert.equal((await refusal(wrong[Symbol.asyncIterator]().next())).code,
    Code.NotFound);

  const stop = new AbortController();
  const followed = events.streamEvents(
    { programId, follow: true },
    { signal: stop.signal },
  );
  const ended = await refusal(
    (async () => {
      for await (const event of followed) {
        assert.ok(event.eventId);
        stop.abort();
      }
    })(),
  );
  assert.equal(ended.code, Code.Canceled);
}

await check("json-shop", false);
await check("proto-shop", true);
console.log("all as promised");
