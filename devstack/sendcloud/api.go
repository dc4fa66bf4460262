package sendcloud

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault is a way in which the API fails, for a number of calls.
type Fault struct {
	Kind  FaultKind
	Times int
	// Path limits the fault to calls whose path begins so; empty is all.
	Path string
}

// FaultKind is how it fails.
type FaultKind string

// The kinds.
const (
	FaultLimited       FaultKind = "429 without a body"
	FaultLimitedSaying FaultKind = "429 with a body"
	FaultProxy         FaultKind = "502 in HTML"
	FaultV2            FaultKind = "500 in the shape of v2"
	FaultV3            FaultKind = "503 in the shape of v3"
	FaultDenied        FaultKind = "401"
	FaultClose         FaultKind = "a connection that is cut"
	FaultTruncated     FaultKind = "JSON that breaks off"
	FaultHang          FaultKind = "no answer"
)

// Fail plans a fault.
func (a *Account) Fail(f Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = append(a.faults, &f)
}

// Calls are all calls of the API so far, as method, path and query.
func (a *Account) Calls() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.calls)
}

// ServeHTTP answers the API.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.calls = append(a.calls, r.Method+" "+r.URL.RequestURI())
	fault := a.nextFault(r.URL.Path)
	asking := slices.IndexFunc(a.integrations, func(one *Account) bool { return one.keyed(r) })
	now := time.Now().Add(a.clockOff)
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	switch {
	case fault != "":
		fail(w, r, fault)
	case asking < 0:
		refuse(w, r, http.StatusUnauthorized, "Invalid username/password.")
	default:
		a.mu.Lock()
		defer a.mu.Unlock()
		a.integrations[asking].api.ServeHTTP(w, r)
	}
}

// keyed reports whether a request has the integration's keys.
func (a *Account) keyed(r *http.Request) bool {
	user, password, _ := r.BasicAuth()
	return user == a.config.PublicKey && password == a.config.SecretKey
}

// nextFault takes the next fault that is planned for a path; the lock is held.
func (a *Account) nextFault(path string) FaultKind {
	for _, f := range a.faults {
		if f.Times > 0 && strings.HasPrefix(path, f.Path) {
			f.Times--
			return f.Kind
		}
	}
	return ""
}

func fail(w http.ResponseWriter, r *http.Request, kind FaultKind) {
	switch kind {
	case FaultLimited:
		w.WriteHeader(http.StatusTooManyRequests)
	case FaultLimitedSaying:
		w.Header().Set("Retry-After", "1")
		refuse(w, r, http.StatusTooManyRequests, "Request was throttled.")
	case FaultProxy:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html><body><h1>502 Bad Gateway</h1></body></html>"))
	case FaultV2:
		refuse(w, r, http.StatusInternalServerError, "Internal server error")
	case FaultV3:
		refuseV3(w, http.StatusServiceUnavailable, "unavailable", "Try again later.")
	case FaultDenied:
		refuse(w, r, http.StatusUnauthorized, "Invalid username/password.")
	case FaultTruncated:
		_, _ = w.Write([]byte(`{"parcels": [{"id": 1, "sta`))
	case FaultHang:
		<-r.Context().Done()
	case FaultClose:
		panic(http.ErrAbortHandler)
	}
}

// refuse answers an error in the shape of v2.
func refuse(w http.ResponseWriter, r *http.Request, code int, message string) {
	answer(w, code, object{{"error", object{
		{"code", code}, {"request", strings.TrimPrefix(r.URL.Path, "/")}, {"message", message},
	}}})
}

// refuseV3 answers an error in the shape of v3.
func refuseV3(w http.ResponseWriter, code int, word, detail string) {
	answer(w, code, object{{"errors", []any{object{{"status", strconv.Itoa(code)}, {"code", word}, {"detail", detail}}}}})
}

func answer(w http.ResponseWriter, code int, body any) {
	w.WriteHeader(code)
	_, _ = w.Write(encode(body))
}

// routes is the map of the API. The lock is held while it answers.
func (a *Account) routes() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /api/v2/parcels", a.listParcels)
	m.HandleFunc("GET /api/v2/parcels/statuses", a.listStatuses)
	m.HandleFunc("GET /api/v2/parcels/{id}", a.getParcel)
	m.HandleFunc("POST /api/v2/parcels/{id}/cancel", a.cancelParcel)
	m.HandleFunc("GET /api/v2/tracking/{number}", a.trackingV2)
	m.HandleFunc("GET /api/v2/returns", a.returnsV2)
	m.HandleFunc("GET /api/v2/returns/{id}", a.returnV2)
	m.HandleFunc("GET /api/v3/shipments", a.listShipments)
	m.HandleFunc("POST /api/v3/shipments/{id}/cancel", a.cancelShipment)
	m.HandleFunc("GET /api/v3/parcels/tracking/{number}", a.trackingV3)
	m.HandleFunc("GET /api/v3/returns", a.returnsV3)
	m.HandleFunc("GET /api/v3/returns/{id}", a.returnV3)
	m.HandleFunc("GET /api/v3/service-points/{id}", getServicePoint)
	m.HandleFunc("GET /api/v3/integrations", a.listIntegrations)
	m.HandleFunc("GET /api/v3/integrations/{id}", a.getIntegration)
	m.HandleFunc("GET /api/v3/integrations/{id}/logs", a.listFailedCalls)
	m.HandleFunc("POST "+changesPath, a.takeChange)
	m.HandleFunc("POST "+returnsPath, a.takeReturn)
	m.HandleFunc("POST "+webhookPath, a.takeWebhook)
	return m
}

// page cuts a page out of a list and says where the next one begins. A cursor is
// a place in the list as it is now: what changes between two pages moves others
// to another page, as it does in reality. ok is false for a broken cursor.
func page[T any](list []T, cursor string, size int) (cut []T, next string, ok bool) {
	from := 0
	if cursor != "" {
		raw, err := base64.StdEncoding.DecodeString(cursor)
		number, found := strings.CutPrefix(string(raw), "p=")
		if from, _ = strconv.Atoi(number); err != nil || !found || from <= 0 {
			return nil, "", false
		}
	}
	from = min(from, len(list))
	to := min(from+size, len(list))
	if to < len(list) {
		next = base64.StdEncoding.EncodeToString([]byte("p=" + strconv.Itoa(to)))
	}
	return list[from:to], next, true
}

// link is the address of another page of what was asked for.
func link(r *http.Request, cursor string) any {
	if cursor == "" {
		return nil
	}
	query := r.URL.Query()
	query.Set("cursor", cursor)
	// The API names its own host, whatever it was called by.
	return (&url.URL{Scheme: "https", Host: "panel.sendcloud.sc", Path: r.URL.Path, RawQuery: query.Encode()}).String()
}

func pathID(r *http.Request) int64 {
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	return id
}

// wanted reads the filters that both versions have.
func wanted(query url.Values) (keep func(*row) bool, ok bool) {
	var after, before time.Time
	for name, at := range map[string]*time.Time{"updated_after": &after, "updated_before": &before} {
		if text := query.Get(name); text != "" {
			var err error
			if *at, err = time.Parse(time.RFC3339Nano, text); err != nil {
				return nil, false
			}
		}
	}
	var ids []string
	if text := query.Get("ids"); text != "" {
		if ids = strings.Split(text, ","); len(ids) > 100 {
			return nil, false
		}
	}
	return func(r *row) bool {
		at := r.latest().at
		return (after.IsZero() || at.After(after)) && (before.IsZero() || at.Before(before)) &&
			(ids == nil || slices.Contains(ids, strconv.FormatInt(r.ID, 10)))
	}, true
}

// tracked finds a parcel by its tracking number.
func (a *Account) tracked(number string) (*row, bool) {
	for _, r := range a.parcels {
		if number != "" && number == trackingNumber(r.Parcel, r.latest().status) {
			return r, true
		}
	}
	return nil, false
}

// whole is a number without a fraction where a webhook has one.
func whole(n json.Number) json.Number {
	before, _, _ := strings.Cut(string(n), ".")
	return json.Number(before)
}
