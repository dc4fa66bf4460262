package main

import (
	"io"
	"log/slog"
	"math"
	"time"

	"github.com/lmittmann/tint"

	"waybill/commandline"
	"waybill/settings"
)

// newLog writes lines for people on a terminal, and JSON for machines elsewhere, unless
// WAYBILL_LOG_FORMAT says which. Text is tint's, and not slog's own, because that has no
// colours and puts a long time and quotation marks before what happened.
func newLog(env *settings.Environment, stderr io.Writer) *slog.Logger {
	if env.LogText(commandline.Terminal(stderr)) {
		noColour, _ := env.LookupEnv("NO_COLOR")
		return slog.New(tint.NewTextHandler(stderr, &tint.Options{
			Level: env.LogLevel(), ReplaceAttr: inMilliseconds, TimeFormat: time.TimeOnly, NoColor: !commandline.Colours(stderr, noColour),
		}))
	}
	return slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: env.LogLevel(), ReplaceAttr: inMilliseconds}))
}

// inMilliseconds writes each duration in a line as a number of milliseconds whose name ends
// in _ms, also those of Temporal's SDK: lines can be compared whoever wrote them.
func inMilliseconds(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		const digits = 10
		ms := float64(a.Value.Duration()) / float64(time.Millisecond)
		return slog.Float64(a.Key+"_ms", math.Round(ms*digits)/digits)
	}
	return a
}
