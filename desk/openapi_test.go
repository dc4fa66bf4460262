package desk

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/paths"
	"github.com/pb33f/libopenapi/datamodel/high/base"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/generated"
	"waybill/ingress"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/refund"
)

var update = flag.Bool("update", false, "renew the orders and refusals in openapi.yaml")

func TestTheOrdersInTheOpenAPIFileAreTheTables(t *testing.T) {
	generated.Section(t, "openapi.yaml", "orders", describedOrders(t)+"  # ", *update)
}

func TestTheRefusalsInTheOpenAPIFileAreAllThereAre(t *testing.T) {
	generated.Section(t, "openapi.yaml", "refusals", describedRefusals(t)+"  # ", *update)
}

func TestEveryRefusalOfTheAPIIsDescribed(t *testing.T) {
	var told []ingress.Answer
	for _, r := range refusals {
		told = append(told, r.of...)
	}
	for _, a := range problems {
		require.Contains(t, told, a)
	}
	for _, a := range told {
		require.Contains(t, problems, a)
	}
}

// file is openapi.yaml as a program reads it.
type file struct {
	model *v3.Document
	// holds requests and answers against the file. In strict mode, it also refuses what the file
	// does not name.
	holds validator.Validator
}

var readFile = sync.OnceValues(func() (f file, err error) {
	document, err := libopenapi.NewDocument(openAPI)
	if err != nil {
		return f, err
	}
	m, err := document.BuildV3Model()
	if err != nil {
		return f, err
	}
	v, errs := validator.NewValidator(document, config.WithStrictMode(), config.WithFormatAssertions(),
		// The names in these are data.
		config.WithStrictIgnorePaths("$.body.mayNot.*", "$.body.parcel.**"),
		config.WithStrictIgnoredHeadersExtra("Link", "Retry-After", "Www-Authenticate", "X-Content-Type-Options"))
	return file{&m.Model, v}, errors.Join(errs...)
})

func described(t *testing.T) file {
	t.Helper()
	f, err := readFile()
	require.NoError(t, err)
	return f
}

func model(t *testing.T) *v3.Document {
	t.Helper()
	return described(t).model
}

func TestTheOpenAPIFileHasEveryRouteAndNoOther(t *testing.T) {
	w := open(t)
	var routes, paths []string
	for _, r := range w.doors.(*gin.Engine).Routes() {
		names := []string{""}
		switch {
		case !strings.HasPrefix(r.Path, "/api/"):
			continue
		case strings.HasPrefix(r.Path, "/api/refunds/"):
			r.Path = strings.Replace(r.Path, ":id", "{returnId}", 1)
			names = strings.Split(namesOf(refund.Orders(), func(o refund.Order) string { return o.Name }), ", ")
		case strings.HasPrefix(r.Path, "/api/parcels/"):
			r.Path = strings.Replace(r.Path, ":id", "{parcelId}", 1)
			names = strings.Split(namesOf(parcelOrders(), parcelOrderName), ", ")
		}
		path := strings.NewReplacer(":integration", "{integration}", ":id", "{batch}").Replace(r.Path)
		if !strings.HasSuffix(path, ":order") {
			names = names[:1]
		}
		for _, name := range names {
			routes = append(routes, r.Method+" "+strings.Replace(path, ":order", name, 1))
		}
	}
	for path, item := range model(t).Paths.PathItems.FromOldest() {
		for method := range item.GetOperations().FromOldest() {
			paths = append(paths, strings.ToUpper(method)+" "+path)
		}
	}
	require.ElementsMatch(t, routes, paths)
}

func TestTheOpenAPIFileIsServedToEverybody(t *testing.T) {
	w := open(t)
	for range 2 {
		r := w.api(http.MethodGet, ingress.Description, "", "")
		require.Equal(t, http.StatusOK, r.code)
		require.Equal(t, string(openAPI), r.body)
		require.Equal(t, "application/yaml; charset=utf-8", r.header.Get("Content-Type"))
		w.desk.keys.Store(&w.links) // and when the desk is closed
	}
	require.Contains(t, w.api(http.MethodGet, "/api/refunds", "", "").header.Get("Link"), "<"+ingress.Description+`>; rel="service-desc"`)
}

// The type of a problem leads to its example in the file.
func TestTheTypeOfAProblemLeadsToItsExample(t *testing.T) {
	examples := model(t).Components.Examples
	for _, a := range problems {
		_, name, _ := strings.Cut(ingress.ProblemOf(a).Type, "#/components/examples/")
		require.Regexp(t, `^[a-z-]+$`, name)
		require.NotNil(t, examples.GetOrZero(name), name)
	}
}

func TestTheOpenAPIFileIsOne(t *testing.T) {
	ok, faults := described(t).holds.ValidateDocument()
	require.True(t, ok, "%v", faults)
}

// requireDescribed wants the file to describe an answer of the API, and each request that was
// not refused.
func (w *fixture) requireDescribed(r *http.Request, answer *http.Response, body []byte) {
	w.t.Helper()
	again := r.Clone(w.t.Context())
	again.Header.Del("Cookie") // the API reads none
	if r.GetBody != nil {
		again.Body, _ = r.GetBody()
	}
	whole := *answer
	whole.Body = io.NopCloser(bytes.NewReader(body))
	if _, errs, _ := paths.FindPath(again, described(w.t).model, nil); len(errs) > 0 {
		var p ingress.Problem
		require.NoError(w.t, json.Unmarshal(body, &p))
		require.Equal(w.t, whole.StatusCode, p.Status, "%s %s is not in the file, and has to be refused", r.Method, r.URL)
		return
	}
	ok, faults := described(w.t).holds.ValidateHttpResponse(again, &whole)
	require.True(w.t, ok, "%s %s: %v\n%s", r.Method, r.URL, faults, body)
	if answer.StatusCode < http.StatusMultipleChoices {
		ok, faults = described(w.t).holds.ValidateHttpRequest(again)
		require.True(w.t, ok, "%s %s was not refused: %v", r.Method, r.URL, faults)
	}
}

// schemas are the types of answers, by their name in the file.
var schemas = map[string]any{
	"RefundList": apiListed[recorder.ListedRefund]{}, "ParcelList": apiListed[recorder.ListedParcel]{}, "Total": total{},
	"RefundRow": recorder.ListedRefund{}, "Refund": apiRefundView{}, "RefundFacts": refund.Facts{}, "RefundItem": refund.Item{}, "Valuation": refund.Valuation{}, "Customer": refund.Customer{},
	"Terms": refund.Terms{}, "Approval": refund.Approval{}, "Payment": apiPayment{}, "RefundClock": apiClock{}, "Summary": refund.Summary{},
	"Mail": apiMail{}, "MailReport": apiReport{}, "LogEntry": refund.Entry{}, "Author": refund.Author{}, "RefundOrdered": apiRefundOrdered{}, "Amount": written{},
	"ParcelRow": recorder.ListedParcel{}, "Parcel": apiParcelView{}, "ParcelFacts": parcel.Facts{}, "Recipient": parcel.Recipient{}, "Collo": parcel.Collo{},
	"Decision": apiDecision{}, "ParcelOrderEntry": apiParcelEntry{}, "ParcelOrdered": apiParcelOrdered{}, "JudgedMail": parcel.Judged{},
	"BatchStarted": apiBatchStarted{}, "Batch": recorder.BatchState{}, "Problem": ingress.Problem{}, "Fault": ingress.Fault{},
}

func TestTheSchemasOfTheOpenAPIFileAreTheTypesOfTheAnswers(t *testing.T) {
	all := model(t).Components.Schemas
	for name, value := range schemas {
		proxy := all.GetOrZero(name)
		require.NotNil(t, proxy, name)
		fields, required := properties(proxy.Schema())
		is, must := members(reflect.TypeOf(value))
		require.ElementsMatch(t, is, fields, name)
		require.ElementsMatch(t, must, required, "required in "+name)
	}
	for name := range all.FromOldest() {
		others := []string{"Flag", "DayOrTime", "RefundState", "Role", "ParcelPhase", "RefundAttention", "ParcelAttention", "MailState", "BatchRequest"}
		require.True(t, schemas[name] != nil || slices.Contains(others, name), "no type is known of the schema %s", name)
	}
}

// properties are those of a schema and of those that it is made of.
func properties(s *base.Schema) (fields, required []string) {
	required = s.Required
	if s.Properties != nil {
		for name := range s.Properties.FromOldest() {
			fields = append(fields, name)
		}
	}
	for _, part := range s.AllOf {
		more, must := properties(part.Schema())
		fields, required = append(fields, more...), append(required, must...)
	}
	return fields, required
}

// members are the fields of a type in JSON, and those that are never left out.
func members(of reflect.Type) (all, must []string) {
	for i := range of.NumField() {
		f := of.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case f.Anonymous && name == "":
			more, needed := members(f.Type)
			all, must = append(all, more...), append(must, needed...)
		case name != "":
			all = append(all, name)
			if options == "" {
				must = append(must, name)
			}
		}
	}
	return all, must
}

func TestTheWordsOfTheOpenAPIFileAreThoseOfTheRules(t *testing.T) {
	texts := func(words any) (all []string) {
		require.NoError(t, json.Unmarshal([]byte(quoted(t, words)), &all))
		return all
	}
	for name, words := range map[string][]string{
		"RefundState": texts(refund.States()), "Role": texts([]refund.Role{refund.Approver, refund.Manager}), "ParcelPhase": texts(parcel.Phases()),
		"RefundAttention": append([]string{anyAttention}, texts(refund.Attentions())...), "ParcelAttention": append([]string{anyAttention}, texts(parcel.Attentions())...),
		"MailState": texts([]delivery.State{delivery.Waiting, delivery.Sending, delivery.Accepted, delivery.Parked, delivery.Superseded, delivery.Dropped}),
	} {
		require.Equal(t, words, enumOf(model(t).Components.Schemas.GetOrZero(name).Schema()), name)
	}
	batch := model(t).Components.Schemas.GetOrZero("BatchRequest").Schema()
	require.Equal(t, strings.Split(namesOf(forMany(), parcelOrderName), ", "), enumOf(batch.Properties.GetOrZero("order").Schema()))
	for name, n := range map[string]float64{"Limit": mostRows} {
		require.InDelta(t, n, *model(t).Components.Parameters.GetOrZero(name).Schema.Schema().Maximum, 0)
	}
	require.Contains(t, string(openAPI), fmt.Sprintf("more than %d refunds have none", rowsRead))
	page, err := os.ReadFile("../docs/api.md")
	require.NoError(t, err)
	require.Contains(t, strings.Join(strings.Fields(string(page)), " "), fmt.Sprintf("if there are more than %d refunds", rowsRead))
}

func enumOf(s *base.Schema) (words []string) {
	for _, node := range s.Enum {
		words = append(words, node.Value)
	}
	return words
}
