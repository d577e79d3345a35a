'use strict';
// A client of concero-gateway on grpc-js, to copy: a channel, calls with deadlines, the details of failures.

const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const PROTO = path.join(__dirname, '..', '..', '..', 'proto');
const api = grpc.loadPackageDefinition(protoLoader.loadSync(
  ['concero/v1/allocation.proto', 'concero/v1/assessment.proto', 'google/rpc/error_details.proto',
    'google/rpc/status.proto', 'proctorexam/v1/student_session.proto'],
  {
    includeDirs: [PROTO],
    longs: String, // ids are int64: a number would lose digits above 2^53
    enums: String,
    defaults: true, // but for `optional` fields, which stay absent when not set
  }));
const rpc = api.google.rpc;

// The calls, each `(request, seconds) => Promise<response>`. One client serves a whole process; close it at the
// end. A rejection is a grpc-js ServiceError; `detailsOf` reads it.
function connect(address) {
  const credentials = grpc.credentials.createInsecure();
  const assessment = new api.concero.v1.AssessmentService(address, credentials);
  const allocations = new api.concero.v1.AllocationService(address, credentials);
  const sessions = new api.proctorexam.v1.StudentSessionService(address, credentials);
  const unary = (stub, method) => (request, seconds = 10) => new Promise((resolve, reject) => {
    const deadline = Date.now() + seconds * 1000;
    stub[method](request, { deadline }, (error, response) => (error ? reject(error) : resolve(response)));
  });
  return {
    listExaminations: unary(assessment, 'ListExaminations'),
    allocateCandidate: unary(assessment, 'AllocateCandidate'),
    cancelAllocation: unary(assessment, 'CancelAllocation'),
    getReport: unary(assessment, 'GetReport'),
    getAllocation: unary(allocations, 'GetAllocation'),
    listAllocations: unary(allocations, 'ListAllocations'),
    resolveAllocation: unary(allocations, 'ResolveAllocation'),
    eraseCandidate: unary(allocations, 'EraseCandidate'),
    updateStudentSession: unary(sessions, 'UpdateStudentSession'),
    getStudentSession: unary(sessions, 'GetStudentSession'),
    listStudentSessions: unary(sessions, 'ListStudentSessions'),
    createStudentSession: unary(sessions, 'CreateStudentSession'),
    deleteStudentSession: unary(sessions, 'DeleteStudentSession'),
    close: () => {
      assessment.close();
      allocations.close();
      sessions.close();
    },
  };
}

// What the gateway says of a failure: { ErrorInfo, RetryInfo, BadRequest }, each only if it is there. Branch on
// `ErrorInfo.reason`. A status that gRPC made by itself has none.
function detailsOf(error) {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  const found = {};
  if (bytes === undefined) return found;
  for (const { type_url: url, value } of rpc.Status.deserialize(bytes).details) {
    const name = url.slice(url.lastIndexOf('/') + 1).replace('google.rpc.', '');
    if (name in rpc) found[name] = rpc[name].deserialize(value);
  }
  return found;
}

// A google.protobuf.Timestamp as a Date.
function dateOf({ seconds, nanos }) {
  return new Date(Number(seconds) * 1000 + nanos / 1e6);
}

// A google.protobuf.Struct as a plain object.
function objectOf({ fields }) {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plain(value)]));
}

function plain(value) {
  if (value.structValue) return objectOf(value.structValue);
  if (value.listValue) return value.listValue.values.map(plain);
  return value.stringValue ?? value.numberValue ?? value.boolValue ?? null;
}

module.exports = { connect, detailsOf, dateOf, objectOf, codes: grpc.status };
