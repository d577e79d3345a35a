'use strict';
// Calls the gateway at $GATEWAY as a Node service would; the sandbox at $SANDBOX is Concero. grpc_js_test.py runs it.

const assert = require('node:assert/strict');
const { after, before, beforeEach, test } = require('node:test');
const { codes, connect, dateOf, detailsOf, objectOf } = require('./gateway_client');
const { sandboxAt } = require('./sandbox');
const failures = require('../failures.json');

const ABOVE_2_53 = '9007199254740993'; // as a JavaScript number it would be …992
const NEVER_MS = 3_600_000;
const EMAIL = 'arjun.mehta@company.io';
const PATIENCE = 60; // seconds: the deadline of calls that must succeed on a busy machine, too

let gateway;
let sandbox;

before(() => {
  gateway = connect(process.env.GATEWAY);
  sandbox = sandboxAt(process.env.SANDBOX);
});
beforeEach(() => sandbox.reset());
after(() => gateway.close());

function allocate(requestId) {
  const request = { examinationId: '119', candidateEmail: EMAIL, requestId };
  return gateway.allocateCandidate(request, PATIENCE).then(({ allocation }) => allocation);
}

async function report(inviteId) {
  return (await gateway.getReport({ inviteId }, PATIENCE)).report;
}

test('the examinations are listed, with ids above 2^53 whole', async () => {
  await sandbox.setFaults({
    path: '/api/v1/examinations',
    // As text: JSON.stringify cannot write such an id.
    body: `[{"testId": 119, "testName": "データ分析"}, {"testId": ${ABOVE_2_53}, "testName": "Large"}]`,
  });
  const asked = Date.now();
  const answer = await gateway.listExaminations({ maxStaleness: { seconds: 0 } }, PATIENCE);
  assert.deepEqual(answer.examinations,
    [{ id: '119', name: 'データ分析' }, { id: ABOVE_2_53, name: 'Large' }]);
  assert.equal(answer.stale, false);
  assert.notEqual(answer.version, '');
  assert.ok(dateOf(answer.fetchTime).getTime() >= asked);
});

test('a candidate is allocated', async () => {
  const allocation = await allocate('order-7741');
  assert.equal(allocation.requestId, 'order-7741');
  assert.equal(allocation.examinationId, '119');
  assert.equal(allocation.candidateEmail, EMAIL);
  assert.equal(allocation.state, 'ALLOCATION_STATE_SUCCEEDED');
  assert.match(allocation.inviteId, /^[1-9][0-9]*$/);
  assert.match(allocation.inviteLink, /^https:\/\//);
  assert.equal(await sandbox.received('allocate-candidate'), 1);
});

test('a repeat gets the answer of the first', async () => {
  const request = { examinationId: '119', candidateEmail: EMAIL, requestId: 'order-7745' };
  const first = await gateway.allocateCandidate(request, PATIENCE);
  const again = await gateway.allocateCandidate(request, PATIENCE);
  assert.deepEqual([first.replayed, again.replayed], [false, true]);
  assert.deepEqual(again.allocation, first.allocation);
  assert.equal(await sandbox.received('allocate-candidate'), 1);
});

test('the trail of an allocation is read', async () => {
  await allocate('order-7746');
  const { allocation } = await gateway.getAllocation({ requestId: 'order-7746' }, PATIENCE);
  assert.deepEqual(allocation.events.map(({ state }) => state),
    ['ALLOCATION_STATE_PENDING', 'ALLOCATION_STATE_SUCCEEDED']);
});

test('an allocation is cancelled', async () => {
  const { inviteId } = await allocate('order-7742');
  assert.deepEqual(await gateway.cancelAllocation({ inviteId }, PATIENCE),
    { inviteId, state: 'ALLOCATION_STATE_CANCELLED', upstreamStatus: 'inValid' });
});

test('a report has its times, its numbers and its metadata', async () => {
  await sandbox.setReport(ABOVE_2_53, {
    testId: '119', score: 74.5, totalScore: 100, status: 'Pass', testEndDate: '2025-11-03T09:47:12.25Z',
    metadata: { cohort: 'Q4', attempts: 2, remote: true, reviewer: null, tags: ['a', { b: 1 }] },
  });
  const got = await report(ABOVE_2_53);
  assert.equal(got.inviteId, ABOVE_2_53);
  assert.equal(got.examinationId, '119');
  assert.equal(got.score, 74.5);
  assert.equal(got.outcome, 'OUTCOME_PASS');
  assert.equal(dateOf(got.endTime).toISOString(), '2025-11-03T09:47:12.250Z');
  assert.deepEqual(objectOf(got.metadata),
    { cohort: 'Q4', attempts: 2, remote: true, reviewer: null, tags: ['a', { b: 1 }] });
});

test('a score of 0 is not a score that is not set', async () => {
  const { inviteId } = await allocate('order-7743');
  const unset = await report(inviteId);
  assert.equal(unset.score, undefined);
  assert.equal(unset.endTime, null);
  assert.equal(unset.outcome, 'OUTCOME_UNSPECIFIED');
  await sandbox.setReport(inviteId, { score: 0 });
  const got = await report(inviteId);
  assert.equal(got.score, 0);
  assert.equal(got.totalScore, undefined);
});

test('a student session is updated and read back', async () => {
  const openTime = { seconds: '1784016000', nanos: 0 };
  const { studentSession } = await gateway.updateStudentSession(
    { id: '2', name: "Zoë O'Brien & Søn?=1", externalId: '', skipRequirements: false, openTime }, PATIENCE);
  assert.equal(studentSession.id, '2');
  assert.equal(studentSession.name, "Zoë O'Brien & Søn?=1");
  assert.equal(studentSession.externalId, '');
  assert.equal(studentSession.skipRequirements, false);
  assert.equal(studentSession.token, undefined);
  assert.equal(dateOf(studentSession.openTime).toISOString(), '2026-07-14T08:00:00.000Z');
  assert.deepEqual((await gateway.getStudentSession({ id: '2' }, PATIENCE)).studentSession, studentSession);
});

test('a time is read to the millisecond', async () => {
  const { studentSession } = await gateway.getStudentSession({ id: '1' }, PATIENCE);
  assert.equal(dateOf(studentSession.createdAt).toISOString(), '2018-11-17T16:01:25.788Z');
});

for (const expected of failures) {
  test(`the failure is read: ${expected.name}`, async () => {
    await sandbox.setFaults(...(expected.faults ?? []));
    const call = gateway[expected.method[0].toLowerCase() + expected.method.slice(1)];
    const error = await call(expected.request, PATIENCE).then(() => assert.fail('it succeeded'), (e) => e);
    assert.equal(codes[error.code], expected.code, error.message);
    const { ErrorInfo, RetryInfo, BadRequest } = detailsOf(error);
    assert.equal(ErrorInfo.domain, 'concero-gateway');
    assert.equal(ErrorInfo.reason, expected.reason);
    assert.deepEqual(ErrorInfo.metadata, expected.metadata);
    assert.deepEqual(RetryInfo?.retryDelay,
      expected.retrySeconds && { seconds: String(expected.retrySeconds), nanos: 0 });
    assert.deepEqual(BadRequest?.fieldViolations.map(({ field }) => field), expected.fields);
    assert.equal(await sandbox.received('allocate-candidate'), expected.allocationsSent);
  });
}

test('a call ends at its deadline', async () => {
  await sandbox.setFaults({ path: '/api/v1/report', delay_ms: NEVER_MS });
  await assert.rejects(gateway.getReport({ inviteId: '142' }, 0.5), { code: codes.DEADLINE_EXCEEDED });
});

test('an allocation is not begun with too little time left', async () => {
  await assert.rejects(
    gateway.allocateCandidate({ examinationId: '119', candidateEmail: EMAIL, requestId: 'order-7744' }, 0.5),
    { code: codes.DEADLINE_EXCEEDED });
  assert.equal(await sandbox.received('allocate-candidate'), 0);
});
