// Package tracing follows a webhook through ingress and worker up to the answer of the mail
// provider. Spans name routes, workflows, activities and hosts. They hold ids of workflows, and
// never what is sent or the text of an error.
package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"golang.org/x/time/rate"
)

// closeTimeout is how long the export of the last spans may take.
const closeTimeout = 5 * time.Second

// Open exports spans as the standard variables of OpenTelemetry say. closeSpans exports the last
// spans. If no variable names an endpoint, on is false, and nothing is traced.
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/
func Open(ctx context.Context, program string, env func(name string) string, log *slog.Logger) (on bool, closeSpans func(), err error) {
	closeSpans = func() {}
	if on, err = wanted(env); !on || err != nil {
		return false, closeSpans, err
	}
	exporter, err := export(ctx, env)
	if err != nil {
		return false, closeSpans, fmt.Errorf("prepare the traces: %w", err)
	}
	named, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "waybill-"+program)),
		resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return false, closeSpans, fmt.Errorf("read OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	often := &rate.Sometimes{Interval: time.Minute}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		often.Do(func() { log.Warn("traces are not exported", "fault", err.Error()) })
	}))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(named))
	otel.SetTracerProvider(provider)
	log.Info("traces are exported", "service", "waybill-"+program)
	return true, func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		if err := provider.Shutdown(closing); err != nil {
			log.Warn("the last spans were not exported", "fault", err.Error())
		}
	}, nil
}

// wanted reports whether the variables ask for traces.
func wanted(env func(string) string) (bool, error) {
	switch exporter := env("OTEL_TRACES_EXPORTER"); {
	case strings.EqualFold(env("OTEL_SDK_DISABLED"), "true"), exporter == "none":
		return false, nil
	case exporter != "" && exporter != "otlp":
		return false, errors.New("OTEL_TRACES_EXPORTER: set it to otlp or none; Waybill has no other exporter")
	}
	return env("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "", nil
}

// export makes the exporter of the protocol. It reads the other variables itself.
func export(ctx context.Context, env func(string) string) (*otlptrace.Exporter, error) {
	protocol := env("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
	if protocol == "" {
		protocol = env("OTEL_EXPORTER_OTLP_PROTOCOL")
	}
	switch protocol {
	case "", "http/protobuf":
		return otlptracehttp.New(ctx)
	case "grpc":
		return otlptracegrpc.New(ctx)
	}
	return nil, errors.New("OTEL_EXPORTER_OTLP_PROTOCOL: set it to http/protobuf or grpc")
}
