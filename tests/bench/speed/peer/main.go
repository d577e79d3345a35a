// A gateway as a team would write it in Go: grpc-go in, net/http with kept connections out, encoding/json between, and
// the list of examinations in memory with one refresh at a time. It keeps no ledger, retries nothing, logs no call and
// counts nothing: what it does not do costs it nothing, so the comparison is in its favour.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	pb "concerov1"

	"github.com/golang/protobuf/ptypes"
	structpb "github.com/golang/protobuf/ptypes/struct"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const ttl = time.Minute

type list struct {
	answer  *pb.ListExaminationsResponse
	fetched time.Time
}

type server struct {
	pb.UnimplementedAssessmentServiceServer // the streams

	baseURL string
	client  *http.Client
	buffers sync.Pool

	list       atomic.Value // of list
	refreshing sync.Mutex
}

// The answer's JSON goes into `into`; a nil `body` is a GET.
func (s *server) ask(ctx context.Context, path string, body, into interface{}) error {
	buffer := s.buffers.Get().(*bytes.Buffer)
	defer s.buffers.Put(buffer)
	buffer.Reset()

	var request *http.Request
	var err error
	if body == nil {
		request, err = http.NewRequestWithContext(ctx, http.MethodGet, s.baseURL+path, nil)
	} else {
		text, failed := json.Marshal(body)
		if failed != nil {
			return status.Error(codes.Internal, failed.Error())
		}
		request, err = http.NewRequestWithContext(ctx, http.MethodPost, s.baseURL+path, bytes.NewReader(text))
	}
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("x-api-key", "speed")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}

	answer, err := s.client.Do(request)
	if err != nil {
		return status.Error(codes.Unavailable, err.Error())
	}
	_, err = buffer.ReadFrom(answer.Body)
	answer.Body.Close()
	if err != nil {
		return status.Error(codes.Unavailable, err.Error())
	}
	if answer.StatusCode/100 != 2 {
		return status.Errorf(codes.Unavailable, "HTTP %d", answer.StatusCode)
	}
	if err := json.Unmarshal(buffer.Bytes(), into); err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	return nil
}

func (s *server) fresh() *pb.ListExaminationsResponse {
	if kept, ok := s.list.Load().(list); ok && time.Since(kept.fetched) < ttl {
		return kept.answer
	}
	return nil
}

func (s *server) ListExaminations(ctx context.Context, _ *pb.ListExaminationsRequest) (*pb.ListExaminationsResponse, error) {
	if answer := s.fresh(); answer != nil {
		return answer, nil
	}
	s.refreshing.Lock()
	defer s.refreshing.Unlock()
	if answer := s.fresh(); answer != nil {
		return answer, nil
	}
	var tests []struct {
		ID   int64  `json:"testId"`
		Name string `json:"testName"`
	}
	if err := s.ask(ctx, "/examinations", nil, &tests); err != nil {
		return nil, err
	}
	now := time.Now()
	fetched, err := ptypes.TimestampProto(now)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	answer := &pb.ListExaminationsResponse{FetchTime: fetched, Version: strconv.FormatInt(now.UnixNano(), 16)}
	for _, test := range tests {
		answer.Examinations = append(answer.Examinations, &pb.Examination{Id: test.ID, Name: test.Name})
	}
	s.list.Store(list{answer, now})
	return answer, nil
}

func (s *server) AllocateCandidate(ctx context.Context, request *pb.AllocateCandidateRequest) (*pb.AllocateCandidateResponse, error) {
	body := struct {
		Email string `json:"candidate_email"`
		ID    int64  `json:"examination_id"`
	}{request.CandidateEmail, request.ExaminationId}
	var answer struct {
		Success bool
		Data    struct {
			Email      string `json:"candidate_email"`
			ID         int64  `json:"examination_id"`
			InviteID   int64  `json:"invite_id"`
			InviteLink string `json:"invite_link"`
		}
	}
	if err := s.ask(ctx, "/allocate-candidate", body, &answer); err != nil {
		return nil, err
	}
	if !answer.Success {
		return nil, status.Error(codes.Internal, "not allocated")
	}
	return &pb.AllocateCandidateResponse{Allocation: &pb.Allocation{
		RequestId:      request.RequestId,
		ExaminationId:  answer.Data.ID,
		CandidateEmail: answer.Data.Email,
		State:          pb.AllocationState_ALLOCATION_STATE_SUCCEEDED,
		InviteId:       answer.Data.InviteID,
		InviteLink:     answer.Data.InviteLink,
	}}, nil
}

type report struct {
	InviteID      int64                  `json:"inviteId,string"`
	TestID        int64                  `json:"testId,string"`
	TestName      string                 `json:"testName"`
	Email         string                 `json:"email"`
	ReportURL     string                 `json:"reportURL"`
	ProctoringURL string                 `json:"proctoringURL"`
	Score         float64                `json:"score"`
	TotalScore    float64                `json:"totalScore"`
	Percentage    float64                `json:"percentage"`
	Start         time.Time              `json:"testStartDate"`
	End           time.Time              `json:"testEndDate"`
	Status        string                 `json:"status"`
	Metadata      map[string]interface{} `json:"metadata"`
}

var outcomes = map[string]pb.Outcome{"": pb.Outcome_OUTCOME_UNSPECIFIED, "Pass": pb.Outcome_OUTCOME_PASS,
	"Fail": pb.Outcome_OUTCOME_FAIL}

func (s *server) GetReport(ctx context.Context, request *pb.GetReportRequest) (*pb.GetReportResponse, error) {
	body := struct {
		InviteID int64 `json:"inviteId"`
	}{request.InviteId}
	var r report
	if err := s.ask(ctx, "/report", body, &r); err != nil {
		return nil, err
	}
	start, err := ptypes.TimestampProto(r.Start)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	end, err := ptypes.TimestampProto(r.End)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	outcome, known := outcomes[r.Status]
	if !known {
		outcome = pb.Outcome_OUTCOME_OTHER
	}
	return &pb.GetReportResponse{Report: &pb.Report{
		InviteId:        r.InviteID,
		ExaminationId:   r.TestID,
		ExaminationName: r.TestName,
		CandidateEmail:  r.Email,
		ReportUrl:       r.ReportURL,
		ProctoringUrl:   r.ProctoringURL,
		Score:           r.Score,
		TotalScore:      r.TotalScore,
		Percentage:      r.Percentage,
		StartTime:       start,
		EndTime:         end,
		Outcome:         outcome,
		UpstreamStatus:  r.Status,
		Metadata:        structOf(r.Metadata),
	}}, nil
}

func (s *server) CancelAllocation(context.Context, *pb.CancelAllocationRequest) (*pb.CancelAllocationResponse, error) {
	return nil, status.Error(codes.Unimplemented, "not measured")
}

func structOf(members map[string]interface{}) *structpb.Struct {
	fields := make(map[string]*structpb.Value, len(members))
	for key, value := range members {
		fields[key] = valueOf(value)
	}
	return &structpb.Struct{Fields: fields}
}

func valueOf(value interface{}) *structpb.Value {
	switch v := value.(type) {
	case string:
		return &structpb.Value{Kind: &structpb.Value_StringValue{StringValue: v}}
	case float64:
		return &structpb.Value{Kind: &structpb.Value_NumberValue{NumberValue: v}}
	case bool:
		return &structpb.Value{Kind: &structpb.Value_BoolValue{BoolValue: v}}
	case map[string]interface{}:
		return &structpb.Value{Kind: &structpb.Value_StructValue{StructValue: structOf(v)}}
	case []interface{}:
		values := make([]*structpb.Value, len(v))
		for i := range v {
			values[i] = valueOf(v[i])
		}
		return &structpb.Value{Kind: &structpb.Value_ListValue{ListValue: &structpb.ListValue{Values: values}}}
	}
	return &structpb.Value{Kind: &structpb.Value_NullValue{}}
}

func main() {
	baseURL := flag.String("upstream", "", "base URL of the upstream")
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	const connections = 16384 // as many as there may be calls
	peer := &server{
		baseURL: *baseURL,
		client: &http.Client{Transport: &http.Transport{
			MaxIdleConns: connections, MaxIdleConnsPerHost: connections, IdleConnTimeout: time.Minute,
			DisableCompression: true,
		}},
		buffers: sync.Pool{New: func() interface{} { return new(bytes.Buffer) }},
	}
	service := grpc.NewServer()
	pb.RegisterAssessmentServiceServer(service, peer)
	fmt.Printf("{\"event\":\"listening\",\"grpc\":\"%s\"}\n", listener.Addr())
	log.Fatal(service.Serve(listener))
}
