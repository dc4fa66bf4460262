package settings

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"waybill/codec"
	"waybill/ingress"
	"waybill/policy"
	"waybill/worker"
)

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

// codecEndpoint is what the codec endpoint needs, besides the client of Temporal.
func (e *Environment) codecEndpoint(keeper *policy.Keeper) ingress.CodecConfig {
	config := ingress.CodecConfig{
		Listen: e.Text(CodecListen), Origins: e.list(CodecOrigins),
		OIDC:   ingress.OIDC{Issuer: e.Text(CodecIssuer), Audience: e.Text(CodecAudience)},
		People: func() []policy.Person { return keeper.Book().Named() },
	}
	for _, origin := range config.Origins {
		u, err := url.Parse(origin)
		switch {
		case err != nil || !slices.Contains([]string{"http", "https"}, u.Scheme) || u.Hostname() == "" || origin != strings.ToLower(u.Scheme+"://"+u.Host):
			e.fault("%s: %q is no origin: write each as a browser does, as in https://temporal.shop.example, in lower case and with nothing after the host or its port", CodecOrigins, origin)
		case u.Port() == map[string]string{"http": "80", "https": "443"}[u.Scheme]:
			e.fault("%s: %q has the usual port, which browsers leave out: leave it out too", CodecOrigins, origin)
		case u.Scheme == "http" && !worker.ThisMachine(u.Hostname()):
			e.fault("%s: %q begins with http: what is decoded, and tokens, would cross the network unencrypted. Put a TLS proxy in front of Temporal's UI, and write https", CodecOrigins, origin)
		}
	}
	if (config.OIDC.Issuer == "") != (config.OIDC.Audience == "") {
		e.fault("%s and %s go together: set both, or none", CodecIssuer, CodecAudience)
	}
	if config.OIDC.Issuer != "" {
		if err := worker.CheckURL(CodecIssuer, config.OIDC.Issuer, "https://login.shop.example"); err != nil {
			e.faults = append(e.faults, err)
		}
	}
	if config.Listen != "" && e.LogLevel() > slog.LevelInfo {
		e.fault("%s is %s, and who decoded what is logged as info: set it to info, or leave %s out", logLevel, strings.ToLower(e.LogLevel().String()), CodecListen)
	}
	return config
}
