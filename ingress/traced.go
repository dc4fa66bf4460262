package ingress

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// traced begins a trace for each webhook and each order. otelgin would go on with the trace that
// a caller names: callers are not known yet, and could mix up what does not belong together. It
// would also note the path and the caller's address.
func traced(c *gin.Context) {
	if c.Request.Method != http.MethodPost || c.FullPath() == "" {
		return
	}
	ctx, span := otel.Tracer("waybill").Start(c.Request.Context(), http.MethodPost+" "+c.FullPath(),
		trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer))
	defer span.End()
	if !span.IsRecording() {
		return
	}
	c.Request = c.Request.WithContext(ctx)
	c.Next()
	code := c.Writer.Status()
	span.SetAttributes(attribute.String("http.request.method", http.MethodPost), attribute.String("http.route", c.FullPath()), attribute.Int("http.response.status_code", code))
	for _, n := range notes(c) {
		switch n.Key {
		case "integration", "action", "outcome":
			span.SetAttributes(attribute.String("waybill."+n.Key, n.Value.String()))
		}
	}
	if code >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
}
