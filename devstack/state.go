package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"waybill/devstack/temporal"
)

// Integration is the one Sendcloud integration of the stack.
const integration = "demo"

// state is what a stack keeps between its runs, besides data: its keys, and
// where it listens.
type state struct {
	SendGridKey  string `json:"sendgrid_key"`
	SendcloudKey string `json:"sendcloud_key"`
	Ports        ports  `json:"ports"`
}

// ports are where the parts listen.
type ports struct {
	Temporal int `json:"temporal"`
	UI       int `json:"ui"`
	Ingress  int `json:"ingress"`
	SendGrid int `json:"sendgrid"`
}

func (p ports) webhook() string { return origin(p.Ingress) + "/webhooks/sendcloud/" + integration }

func origin(port int) string { return "http://" + address(port) }

func address(port int) string { return net.JoinHostPort(temporal.Host, strconv.Itoa(port)) }

const stateFile = "stack.json"

// openState reads the state of a folder, or makes both. Keys are made here,
// at the first start, so that none stands in the source.
func openState(folder string, fresh bool) (state, error) {
	if fresh {
		if err := empty(folder); err != nil {
			return state{}, err
		}
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return state{}, fmt.Errorf("make the folder for the state: %w", err)
	}
	s, err := readState(folder)
	if errors.Is(err, fs.ErrNotExist) {
		// SendGrid's keys have 69 characters and begin with SG.
		return state{SendGridKey: "SG." + (rand.Text() + rand.Text() + rand.Text())[:66], SendcloudKey: rand.Text() + rand.Text()[:6]}, nil
	}
	return s, err
}

func readState(folder string) (state, error) {
	raw, err := os.ReadFile(filepath.Join(folder, stateFile))
	if err != nil {
		return state{}, err
	}
	var s state
	if err := json.Unmarshal(raw, &s); err != nil {
		return state{}, fmt.Errorf("read %s (start over with: make run FRESH=1): %w", filepath.Join(folder, stateFile), err)
	}
	return s, nil
}

func (s state) write(folder string) error {
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, stateFile), append(raw, '\n'), 0o600)
}

// empty deletes a stack's folder, if it is one.
func empty(folder string) error {
	entries, err := os.ReadDir(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) == 0:
		return nil
	}
	if _, err := os.Stat(filepath.Join(folder, stateFile)); err != nil {
		return fmt.Errorf("%s has no %s, so it is not the folder of a stack and is not deleted: name another one with --state", folder, stateFile)
	}
	return os.RemoveAll(folder)
}

// portSettings says how each port is called and changed.
func (p *ports) settings() []portSetting {
	return []portSetting{
		{"temporal", "TEMPORAL_PORT", "Temporal", 7233, &p.Temporal},
		{"ui", "UI_PORT", "Temporal's UI", 8233, &p.UI},
		{"ingress", "INGRESS_PORT", "the ingress", 8080, &p.Ingress},
		{"sendgrid", "SENDGRID_PORT", "the stand-in for SendGrid", 8025, &p.SendGrid},
	}
}

type portSetting struct {
	name, variable, part string
	usual                int
	port                 *int
}

// check tells all ports that are taken at once, and how to choose others.
func (p *ports) check() error {
	var faults []error
	for _, s := range p.settings() {
		l, err := net.Listen("tcp", address(*s.port))
		if err != nil {
			faults = append(faults, fmt.Errorf("port %d, for %s, is taken: stop what uses it, or choose another one: make run %s=%d", *s.port, s.part, s.variable, *s.port+1))
			continue
		}
		_ = l.Close()
	}
	return errors.Join(faults...)
}
