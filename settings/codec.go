package settings

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	temporallog "go.temporal.io/sdk/log"

	"waybill/codec"
)

// Temporal reads where Temporal is, and the keys under which everything is encrypted that it stores.
// All clients get their options here. The keys are read again until ctx ends.
func (e *Environment) Temporal(ctx context.Context, log *slog.Logger) (client.Options, error) {
	options, err := e.TemporalAddress(log)
	keys, plain, wrong := e.Codec()
	if err := errors.Join(err, wrong); err != nil {
		return client.Options{}, err
	}
	crypt, err := codec.New(keys, plain)
	if err != nil {
		return client.Options{}, fmt.Errorf("%s: %w", CodecKeys, err)
	}
	go crypt.Watch(ctx, keys, e.codecKeys, log)
	options.DataConverter, options.FailureConverter = crypt.Data(), crypt.Failures()
	return options, nil
}

// TemporalAddress reads where Temporal is, for questions that show nothing of what is encrypted.
func (e *Environment) TemporalAddress(log *slog.Logger) (client.Options, error) {
	options, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{EnvLookup: e})
	if err != nil {
		return client.Options{}, fmt.Errorf("read the TEMPORAL_* settings: %w", err)
	}
	if options.HostPort == "" {
		options.HostPort = client.DefaultHostPort
	}
	options.Logger = temporallog.NewStructuredLogger(log)
	return options, nil
}

// Codec reads and checks the keys, and what becomes of payloads that are not encrypted.
func (e *Environment) Codec() (codec.Keys, codec.Plain, error) {
	keys, err := e.codecKeys()
	plain := codec.Plain(e.Text(CodecPlain))
	switch plain {
	case codec.PlainRefused, codec.PlainRead, codec.PlainWritten:
		if _, wrong := codec.New(keys, plain); err == nil && wrong != nil {
			err = fmt.Errorf("%s: %w", CodecKeys, wrong)
		}
	default:
		err = errors.Join(err, fmt.Errorf("%s is %q: leave it out, or set it to read or write", CodecPlain, plain))
	}
	return keys, plain, err
}

// codecKeys reads the keys anew: their file may have changed.
func (e *Environment) codecKeys() (codec.Keys, error) {
	return keys(e, CodecKeys, codec.ParseKeys)()
}
