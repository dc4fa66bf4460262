// A client that was generated from openapi.yaml decides a refund: see scripts/api.sh.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const client = createClient<paths>({
  baseUrl: process.env.WAYBILL,
  headers: { Authorization: `Bearer ${process.env.TOKEN}` },
});

function need<T>(answer: { data?: T; error?: components["schemas"]["Problem"] }): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.error?.outcome}: ${answer.error?.detail}`);
  }
  return answer.data;
}

const listed = need(await client.GET("/api/refunds", {
  params: { query: { state: "awaiting_approval", order: process.env.ORDER, total: true } },
}));
if (listed.items.length !== 1 || listed.total?.count !== 1) {
  throw new Error(`expected one refund, and not ${JSON.stringify(listed)}`);
}
const path = { integration: listed.items[0].integration, returnId: listed.items[0].returnId };
const known = need(await client.GET("/api/refunds/{integration}/{returnId}", { params: { path } }));
if (!known.may.includes("approve")) {
  throw new Error(`it may not be approved: ${known.mayNot.approve}`);
}
const order = {
  params: { path, header: { "Idempotency-Key": crypto.randomUUID() } },
  body: { amount: known.amount },
};
const done = need(await client.POST("/api/refunds/{integration}/{returnId}/approve", order));
const again = need(await client.POST("/api/refunds/{integration}/{returnId}/approve", order));
const refused = await client.POST("/api/refunds/{integration}/{returnId}/enter-answer", { params: { path }, body: { answer: "x" } });
console.log(done.outcome, done.state, again.state, refused.error?.status, refused.error?.outcome);
