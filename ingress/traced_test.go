package ingress

import (
	"testing"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// A trace is kept in a copy of the request, by which the server must not mistake what was read.
func TestWithTracesBodiesAreLeftUnreadToo(t *testing.T) {
	otel.SetTracerProvider(sdktrace.NewTracerProvider())
	t.Cleanup(func() { otel.SetTracerProvider(noop.NewTracerProvider()) })
	t.Run("TestOnlyABodyThatCanBeVerifiedIsRead", TestOnlyABodyThatCanBeVerifiedIsRead)
	t.Run("TestARefusalWaitsForNoBody", TestARefusalWaitsForNoBody)
	t.Run("TestARefusalReachesACallerWhoIsStillSending", TestARefusalReachesACallerWhoIsStillSending)
}
