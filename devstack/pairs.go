package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"waybill/devstack/temporal"
)

// The topology of production: Temporal's services on PostgreSQL, and two of each of Waybill's programs.

// onPostgres reads which database is wanted, and finds PostgreSQL if it is that.
func onPostgres(db string) (bool, error) {
	switch db {
	case "sqlite":
		return false, nil
	case "postgres":
		_, err := temporal.FindPostgres("initdb")
		return true, err
	}
	return false, fmt.Errorf("there is no database %q: choose sqlite or postgres", db)
}

func (s *stack) startTemporal(self string) error {
	p := s.state.Ports
	args := []string{"temporal", "--port", strconv.Itoa(p.Temporal), "--ui-port", strconv.Itoa(p.UI), "--codec", origin(p.Codec)}
	if s.state.Postgres {
		s.say("Starting PostgreSQL, and each of Temporal's services.")
		if os.Geteuid() == 0 {
			// PostgreSQL runs as another user then, who has to reach the folder in this one.
			if err := os.Chmod(s.folder, 0o711); err != nil {
				return fmt.Errorf("let PostgreSQL reach its folder: %w", err)
			}
		}
		args = append(args, "--postgres", filepath.Join(s.folder, postgresFolder))
	} else {
		s.say("Starting Temporal on SQLite.")
		args = append(args, "--file", filepath.Join(s.folder, databaseFile))
	}
	return s.children.Start("temporal", []string{"WAYBILL_CODEC_TOKEN=" + s.state.Tokens[inspector]}, self, args...)
}

// startPairs starts two workers, and two ingresses behind a proxy. The codec endpoint is the first one's.
func (s *stack) startPairs(ctx context.Context, self string, ingress, worker []string) error {
	var behind []string
	for i := range 2 {
		listen, err := freeAddress(ctx)
		if err != nil {
			return err
		}
		behind = append(behind, listen)
		env := slices.Concat(ingress, []string{"WAYBILL_LISTEN=" + listen, "WAYBILL_TRUSTED_PROXIES=" + temporal.Host})
		if i > 0 {
			env = append(env, "WAYBILL_CODEC_LISTEN=")
		}
		if err := s.children.Start(fmt.Sprintf("ingress-%d", i+1), env, s.waybill, "ingress"); err != nil {
			return err
		}
	}
	if err := s.children.Start("proxy", nil, self, "proxy", "--port", strconv.Itoa(s.state.Ports.Ingress), "--to", strings.Join(behind, ",")); err != nil {
		return err
	}
	for i := range 2 {
		if err := s.children.Start(fmt.Sprintf("worker-%d", i+1), worker, s.waybill, "worker"); err != nil {
			return err
		}
	}
	return nil
}

// freeAddress is a port of this machine that nobody uses.
func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address(0))
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}
