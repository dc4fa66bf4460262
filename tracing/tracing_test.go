package tracing

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNothingIsTracedWithoutAnEndpoint(t *testing.T) {
	const endpoint, ofTraces = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	for name, c := range map[string]struct {
		env   map[string]string
		on    bool
		fault string
	}{
		"nothing is set":              {nil, false, ""},
		"an endpoint":                 {map[string]string{endpoint: "http://127.0.0.1:4318"}, true, ""},
		"an endpoint for traces":      {map[string]string{ofTraces: "http://127.0.0.1:4318/v1/traces"}, true, ""},
		"an endpoint, and no traces":  {map[string]string{endpoint: "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"}, false, ""},
		"an endpoint, and all is off": {map[string]string{endpoint: "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"}, false, ""},
		"another exporter":            {map[string]string{endpoint: "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "zipkin"}, false, "OTEL_TRACES_EXPORTER: set it to otlp or none"},
		"another protocol":            {map[string]string{endpoint: "http://127.0.0.1:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, false, "OTEL_EXPORTER_OTLP_PROTOCOL: set it to http/protobuf or grpc"},
		"gRPC":                        {map[string]string{endpoint: "http://127.0.0.1:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, true, ""},
		"gRPC for traces, another protocol for the rest": {map[string]string{endpoint: "http://127.0.0.1:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "x", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			on, stop, err := Open(t.Context(), "worker", func(name string) string { return c.env[name] }, slog.New(slog.DiscardHandler))
			stop()
			require.Equal(t, c.on, on)
			if c.fault != "" {
				require.ErrorContains(t, err, c.fault)
				return
			}
			require.NoError(t, err)
		})
	}
}
