package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"

	"waybill/monitoring"
	"waybill/settings"
	"waybill/tracing"
	"waybill/version"
	"waybill/workflows"
)

// latencies are the bounds of all histograms, in seconds: from a quick call to a
// webhook that was retried all night.
var latencies = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400, 43200}

// watch is what a process shows of itself: its metrics, and whether it is healthy.
type watch struct {
	handler client.MetricsHandler
	health  monitoring.Health
	log     *slog.Logger
	// on says that somebody may be watching.
	on bool
	// closeTraces exports the last spans.
	closeTraces func()
}

// openTraces exports traces, if the environment says where to.
func (w *watch) openTraces(ctx context.Context, program string, env *settings.Environment) ([]interceptor.ClientInterceptor, error) {
	read := func(name string) string {
		value, _ := env.LookupEnv(name)
		return value
	}
	var on bool
	var err error
	if on, w.closeTraces, err = tracing.Open(ctx, program, read, w.log); !on || err != nil {
		return nil, err
	}
	spans, err := tracing.Interceptor()
	return []interceptor.ClientInterceptor{spans}, err
}

// openWatch shows metrics to Prometheus at /metrics, and health at /healthz and /readyz, until
// ctx ends. Without an address nothing is counted. Temporal's SDK counts with the same handler.
func openWatch(ctx context.Context, address string, log *slog.Logger) (*watch, error) {
	w := &watch{handler: client.MetricsNopHandler, log: log, on: address != ""}
	if !w.on {
		return w, nil
	}
	registry := prometheus.NewRegistry()
	if err := w.count(registry); err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s (choose another address with WAYBILL_METRICS_LISTEN): %w", address, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry}))
	w.health.Open(mux)
	introduce(monitoring.With(w.handler))
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics are no longer served", "error", err.Error())
		}
	}()
	context.AfterFunc(ctx, func() { _ = server.Close() })
	log.Info("metrics open", "address", listener.Addr().String())
	return w, nil
}

// count makes the handler, which counts in a registry.
func (w *watch) count(registry *prometheus.Registry) error {
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo(), otelprometheus.WithoutTargetInfo())
	if err != nil {
		return fmt.Errorf("prepare the metrics: %w", err)
	}
	provider := metric.NewMeterProvider(metric.WithReader(exporter), metric.WithView(metric.NewView(
		metric.Instrument{Kind: metric.InstrumentKindHistogram},
		metric.Stream{Aggregation: metric.AggregationExplicitBucketHistogram{Boundaries: latencies}},
	)))
	w.handler = opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter: provider.Meter("waybill"),
		// Otherwise Prometheus would take counters for gauges.
		UseMonotonicCounters: true,
		OnError: func(err error) {
			w.log.Error("count", "error", err.Error())
		},
	})
	return nil
}

// introduce shows which build this is.
func introduce(meter monitoring.Meter) {
	info := version.Read()
	_, newest := workflows.Histories()
	meter.Set(monitoring.BuildInfo, 1, info.Version, info.Commit, info.Go, strconv.Itoa(newest))
}

// begin notes that the process works, until ctx ends, and reads the gauges as long.
func (w *watch) begin(ctx context.Context, temporal client.Client, namespace string) {
	w.health.Works(temporal)
	context.AfterFunc(ctx, w.health.Stops)
	if w.on {
		go monitoring.Gauges{Temporal: temporal, Namespace: cmp.Or(namespace, client.DefaultNamespace), Meter: monitoring.With(w.handler), Log: w.log}.Keep(ctx)
	}
}
