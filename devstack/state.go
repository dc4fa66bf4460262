package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"waybill/codec"
	"waybill/devstack/sendcloud"
	"waybill/devstack/supervisor"
	"waybill/devstack/temporal"
)

// integration is the one Sendcloud integration of the stack.
const integration = "demo"

// state is what a stack keeps between its runs, besides data: its keys, and
// where it listens.
type state struct {
	SendGridKey  string `json:"sendgrid_key"`
	SendcloudKey string `json:"sendcloud_key"`
	// PublicKey and SecretKey are the integration's API keys.
	PublicKey string `json:"sendcloud_public_key"`
	SecretKey string `json:"sendcloud_secret_key"`
	// EventKey signs SendGrid's events: a PKCS #8 key in base64.
	EventKey string `json:"sendgrid_event_key"`
	// LinkKey signs the links in mails, PayKey what the merchant is asked to pay.
	LinkKey string `json:"link_key"`
	PayKey  string `json:"pay_key"`
	// PayURL is the endpoint that pays refunds; empty is the stack's own merchant.
	PayURL string `json:"pay_url,omitempty"`
	// DigestKey makes pseudonyms of customers.
	DigestKey string `json:"digest_key"`
	// SearchKey is what parcels are looked up under.
	SearchKey string `json:"search_key"`
	// CodecKey encrypts what Temporal stores. CodecPlain has it read what is older than the key.
	CodecKey   string      `json:"codec_key"`
	CodecPlain codec.Plain `json:"codec_plain,omitempty"`
	// Tokens are the API tokens of the people of the demo, by name.
	Tokens map[string]string `json:"tokens"`
	Ports  ports             `json:"ports"`
	// Postgres says that Temporal is on PostgreSQL, with two ingresses and two workers.
	Postgres bool `json:"postgres,omitempty"`
}

// ports are where the parts listen.
type ports struct {
	Temporal  int `json:"temporal"`
	UI        int `json:"ui"`
	Ingress   int `json:"ingress"`
	SendGrid  int `json:"sendgrid"`
	Sendcloud int `json:"sendcloud"`
	Merchant  int `json:"merchant"`
	Codec     int `json:"codec"`
}

func (p ports) webhook() string { return origin(p.Ingress) + "/webhooks/sendcloud/" + integration }

func origin(port int) string { return "http://" + address(port) }

func address(port int) string { return net.JoinHostPort(temporal.Host, strconv.Itoa(port)) }

// parts are the children of a stack, whose logs are in the folder too.
var parts = []string{"temporal", "sendgrid", "sendcloud", "merchant", "ingress", "worker", "ingress-1", "ingress-2", "proxy", "worker-1", "worker-2"}

// defaultFolder is where a stack keeps its state, unless it is told otherwise.
const defaultFolder = ".devstack"

// The files in the folder for the state.
const (
	stateFile    = "stack.json"
	databaseFile = "temporal.db"
	mailsFile    = "mails.jsonl"
	parcelsFile  = "parcels.jsonl"
	paymentsFile = "payments.jsonl"
	policyFile   = "policy.yaml"
	// postgresFolder has PostgreSQL, and the logs of Temporal's services.
	postgresFolder = "postgres"
)

// lockFolder makes the folder for the state if need be, and keeps other stacks
// out of it until it is closed: two servers on one database would ruin it.
func lockFolder(folder string) (*os.File, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for the state: %w", err)
	}
	f, err := os.Open(folder)
	if err != nil {
		return nil, fmt.Errorf("open the folder for the state: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("a stack is running on the state in %s: stop it with Ctrl-C, or name another folder with --state", folder)
	}
	return f, nil
}

// openState reads the state of a folder, or makes it. Keys are made here,
// at the first start, so that none stands in the source.
func openState(folder string, fresh bool) (state, error) {
	if fresh {
		if err := empty(folder); err != nil {
			return state{}, err
		}
	}
	s, err := readState(folder)
	isNew := errors.Is(err, fs.ErrNotExist)
	if isNew {
		// SendGrid's keys have 69 characters and begin with SG.
		s = state{SendGridKey: "SG." + (rand.Text() + rand.Text() + rand.Text())[:66], SendcloudKey: rand.Text() + rand.Text()[:6]}
		err = nil
	}
	if s.EventKey == "" && err == nil {
		s.EventKey, err = newEventKey()
	}
	// Also for a state that is older than these keys.
	if s.SecretKey == "" {
		s.PublicKey, s.SecretKey = rand.Text(), rand.Text()
	}
	if s.LinkKey == "" {
		s.LinkKey = rand.Text() + rand.Text() // at least 32 characters
	}
	if s.PayKey == "" {
		s.PayKey = rand.Text()
	}
	if s.SearchKey == "" {
		s.SearchKey = rand.Text() + rand.Text()
	}
	if s.DigestKey == "" {
		s.DigestKey = rand.Text() + rand.Text()
	}
	if s.CodecKey == "" && err == nil {
		if !isNew {
			s.CodecPlain = codec.PlainRead
		}
		s.CodecKey, err = codec.NewKey("devstack")
	}
	if s.Tokens == nil {
		s.Tokens = map[string]string{}
	}
	for _, name := range []string{"anna", "ben", "mia", "sam", inspector} {
		if s.Tokens[name] == "" {
			s.Tokens[name] = rand.Text()
		}
	}
	return s, err
}

// newEventKey makes a key that signs SendGrid's events.
func newEventKey() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return base64.StdEncoding.EncodeToString(der), err
}

// readEventKey reads a key that newEventKey made.
func readEventKey(s string) (*ecdsa.PrivateKey, error) {
	der, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("read the key of SendGrid's events: %w", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("read the key of SendGrid's events: %w", err)
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("the key of SendGrid's events is not of an elliptic curve")
	}
	return ec, nil
}

// apiKeys are the keys of Sendcloud's API as one setting.
func (s state) apiKeys() string { return s.PublicKey + ":" + s.SecretKey }

// panel is the simulator of Sendcloud of a running stack.
func (s state) panel() *sendcloud.Panel {
	return &sendcloud.Panel{URL: origin(s.Ports.Sendcloud), PublicKey: s.PublicKey, SecretKey: s.SecretKey}
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

// stateFiles are all files of a stack. The one that marks the folder goes last,
// so that deleting can be tried again.
var stateFiles = append(logFiles(), databaseFile, databaseFile+"-wal", databaseFile+"-shm", mailsFile, parcelsFile, paymentsFile, policyFile, stateFile)

func logFiles() []string {
	var files []string
	for _, part := range parts {
		files = append(files, supervisor.LogFile(part))
	}
	return files
}

// empty deletes a stack's files, if the folder is a stack's, and no others.
func empty(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) == 0 {
		return err
	}
	if _, err := os.Stat(filepath.Join(folder, stateFile)); err != nil {
		return fmt.Errorf("%s has no %s, so it is not the folder of a stack and is not deleted: name another one with --state", folder, stateFile)
	}
	if err := os.RemoveAll(filepath.Join(folder, postgresFolder)); err != nil {
		return err
	}
	for _, name := range stateFiles {
		if err := os.Remove(filepath.Join(folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// portSettings says how each port is called and changed.
func (p *ports) settings() []portSetting {
	return []portSetting{
		{"temporal", "TEMPORAL_PORT", "Temporal", 7233, &p.Temporal},
		{"ui", "UI_PORT", "Temporal's UI", 8233, &p.UI},
		{"ingress", "INGRESS_PORT", "the ingress", 8080, &p.Ingress},
		{"sendgrid", "SENDGRID_PORT", "the stand-in for SendGrid", 8025, &p.SendGrid},
		{"sendcloud", "SENDCLOUD_PORT", "the simulator of Sendcloud", 8026, &p.Sendcloud},
		{"merchant", "MERCHANT_PORT", "the stand-in for the merchant", 8027, &p.Merchant},
		{"codec", "CODEC_PORT", "the codec endpoint", 8028, &p.Codec},
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
		if *s.port < 1 || *s.port > 65535 {
			faults = append(faults, fmt.Errorf("the port for %s has to be a number from 1 to 65535: make run %s=%d", s.part, s.variable, s.usual))
			continue
		}
		l, err := net.Listen("tcp", address(*s.port))
		if err != nil {
			faults = append(faults, fmt.Errorf("port %d, for %s, is taken: stop what uses it, or choose another one: make run %s=%d", *s.port, s.part, s.variable, *s.port+1))
			continue
		}
		// Held until all are known, so that no two parts get the same one.
		defer l.Close()
	}
	return errors.Join(faults...)
}
