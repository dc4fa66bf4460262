package settings

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	temporallog "go.temporal.io/sdk/log"

	"waybill/codec"
)

// Temporal reads where Temporal is, and the keys under which everything is encrypted that it stores.
// All clients get their options here. All keys are read again until ctx ends, those with which Temporal
// lets us in too.
func (e *Environment) Temporal(ctx context.Context, log *slog.Logger) (client.Options, error) {
	options, entry, err := e.temporal(log)
	keys, plain, wrong := e.Codec()
	if err := errors.Join(err, wrong); err != nil {
		return client.Options{}, err
	}
	crypt, err := codec.New(keys, plain)
	if err != nil {
		return client.Options{}, fmt.Errorf("%s: %w", CodecKeys, err)
	}
	go crypt.Watch(ctx, keys, e.codecKeys, log)
	go entry.watch(ctx, e.temporalKeys, log)
	options.DataConverter, options.FailureConverter = crypt.Data(), crypt.Failures()
	return options, nil
}

// TemporalAddress reads where Temporal is, for questions that show nothing of what is encrypted.
func (e *Environment) TemporalAddress(log *slog.Logger) (client.Options, error) {
	options, _, err := e.temporal(log)
	return options, err
}

func (e *Environment) temporal(log *slog.Logger) (client.Options, *entry, error) {
	profile, keys, err := e.temporalProfile()
	var options client.Options
	if err == nil {
		options, err = profile.ToClientOptions(envconfig.ToClientOptionsRequest{})
	}
	if err != nil {
		return client.Options{}, nil, fmt.Errorf("read the TEMPORAL_* settings: %w", err)
	}
	if options.HostPort == "" {
		options.HostPort = client.DefaultHostPort
	}
	options.Logger = temporallog.NewStructuredLogger(log)
	with := &entry{}
	with.keys.Store(&keys)
	with.open(&options)
	return options, with, nil
}

// temporalKeys are what Temporal lets a client in with: an API key, a client certificate, both or none.
type temporalKeys struct {
	apiKey      string
	certificate tls.Certificate
}

func (k temporalKeys) equal(other temporalKeys) bool {
	same := k.apiKey == other.apiKey && len(k.certificate.Certificate) == len(other.certificate.Certificate)
	for i := range k.certificate.Certificate {
		same = same && string(k.certificate.Certificate[i]) == string(other.certificate.Certificate[i])
	}
	return same
}

// temporalKeys reads the keys anew: files may have changed.
func (e *Environment) temporalKeys() (temporalKeys, error) {
	_, keys, err := e.temporalProfile()
	return keys, err
}

// temporalProfile reads the TEMPORAL_* settings and temporal.toml, and the keys in the files that they
// name.
func (e *Environment) temporalProfile() (profile envconfig.ClientConfigProfile, keys temporalKeys, err error) {
	now := &Environment{vars: maps.Clone(e.vars)}
	if now.vars[TemporalKey+fileSuffix] != "" {
		key := now.secret(TemporalKey)
		if key == "" {
			now.fault("%s names a file without a key", TemporalKey+fileSuffix)
		}
		now.vars[TemporalKey] = key // where envconfig looks for it
	}
	if err = errors.Join(now.faults...); err != nil {
		return profile, keys, err
	}
	if profile, err = envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{EnvLookup: now}); err != nil {
		return profile, keys, err
	}
	keys.apiKey = profile.APIKey
	switch t := profile.TLS; {
	case t == nil || t.Disabled:
	case t.ClientCertPath != "" && t.ClientKeyPath != "":
		keys.certificate, err = tls.LoadX509KeyPair(t.ClientCertPath, t.ClientKeyPath)
	case len(t.ClientCertData) > 0 && len(t.ClientKeyData) > 0:
		keys.certificate, err = tls.X509KeyPair(t.ClientCertData, t.ClientKeyData)
	}
	if err != nil {
		err = fmt.Errorf("the client certificate of TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH: %w", err)
	}
	return profile, keys, err
}

// entry lets clients into Temporal with the keys of this moment.
type entry struct{ keys atomic.Pointer[temporalKeys] }

// open has a client use them: the API key with each call, the certificate with each connection that it
// opens.
func (e *entry) open(options *client.Options) {
	if e.keys.Load().apiKey != "" {
		options.Credentials = client.NewAPIKeyDynamicCredentials(func(context.Context) (string, error) { return e.keys.Load().apiKey, nil })
	}
	if t := options.ConnectionOptions.TLS; t != nil && len(t.Certificates) > 0 {
		t.Certificates = nil
		t.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &e.keys.Load().certificate, nil }
	}
}

// readAgainEvery is how soon a key counts whose file was changed.
const readAgainEvery = 3 * time.Second

// watch reads the keys again until ctx ends. Keys with a fault are not used: the fault is logged once,
// and the keys before stay.
func (e *entry) watch(ctx context.Context, read func() (temporalKeys, error), log *slog.Logger) {
	tick := time.NewTicker(readAgainEvery)
	defer tick.Stop()
	logged := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		next, err := read()
		switch {
		case err != nil && err.Error() != logged:
			logged = err.Error()
			log.Error("keys of Temporal not reloaded: the previous keys stay in use", "fault", logged)
		case err == nil:
			if logged = ""; !next.equal(*e.keys.Load()) {
				e.keys.Store(&next)
				log.Info("keys of Temporal reloaded")
			}
		}
	}
}
