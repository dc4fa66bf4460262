package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// inspector is the person of the demo as whom everybody reads in Temporal's UI.
const inspector = "ida"

// demoPolicy sends at once, into the stack's own mailbox.
func (s state) demoPolicy() string {
	return `# The policy of the demo. Change it while the stack runs: it counts within seconds.
# "bin/waybill policy show" lists every setting.
mode: live

# A demo does not wait. Without the lines below, a mail is held for 3 minutes in case
# more happens and over the recipient's night, and the next comes 6 hours later.
hold: 0
together: 2s
cap: 0
quiet_hours: {from: "00:00", to: "00:00"}

shop: {reply_to: help@demo-shop.example}

# Who gets a mail when something needs attention.
operations: {mail: ops@demo-shop.example}

` + s.demoRefunds()
}

// demoRefunds is who decides about refunds in the demo, and who works on parcels.
func (s state) demoRefunds() string {
	token := func(name string) [sha256.Size]byte { return sha256.Sum256([]byte(s.Tokens[name])) }
	return fmt.Sprintf(`refunds: {mode: live, undo: 10s}

# Who decides about refunds, and who works on parcels. Their mails come into the stack's own mailbox too.
people:
  anna: {email: anna@demo-shop.example, role: approver, limit: {EUR: 500}, token_sha256: %x}
  ben: {email: ben@demo-shop.example, role: approver, limit: {EUR: 500}, token_sha256: %x}
  mia: {email: mia@demo-shop.example, role: manager, token_sha256: %x}
  sam: {email: sam@demo-shop.example, role: support, token_sha256: %x}
  # As ida, everybody who opens Temporal's UI here reads what is encrypted.
  ida: {email: ida@demo-shop.example, role: inspector, token_sha256: %x}
`, token("anna"), token("ben"), token("mia"), token("sam"), token(inspector))
}

// writePolicy writes the policy of the demo, unless somebody has one there.
func (s *stack) writePolicy() (path string, err error) {
	path = filepath.Join(s.folder, policyFile)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return path, nil
	case err != nil:
		return "", fmt.Errorf("write the policy of the demo: %w", err)
	}
	_, err = f.WriteString(s.state.demoPolicy())
	return path, errors.Join(err, f.Close())
}

// lacks says what the demo's refunds and Temporal's UI lack in the policy that is there, which may be
// older than they are; empty if nothing. The program itself reads it.
func (s *stack) lacks(ctx context.Context) (string, error) {
	path := filepath.Join(s.folder, policyFile)
	cmd := exec.CommandContext(ctx, s.waybill, "policy", "show", path, "--integration", integration)
	cmd.Env = append(os.Environ(), "SENDCLOUD_KEYS_DEMO="+s.state.SendcloudKey) // which integrations there are
	shown, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("look at the policy of the demo: %w\n%s", err, shown)
	}
	missing := missingFor(string(shown))
	if len(missing) == 0 {
		return "", nil
	}
	return fmt.Sprintf("The policy in %s stays as it is. For refunds and for Temporal's UI it lacks:\n\n%s\nA new stack has these lines there; add them, and they count within seconds:\n\n%s",
		path, indented(strings.Join(missing, "\n")+"\n"), indented(s.state.demoRefunds())), nil
}

// missingFor says what settings, as "waybill policy show" lists them, lack for the
// refunds of the demo and for its inspector.
func missingFor(shown string) []string {
	live, people, tokens, inspects := false, false, false, false
	for line := range strings.Lines(shown) {
		words := strings.Fields(line)
		live = live || len(words) > 1 && words[0] == "refunds.mode" && words[1] == "live"
		people = people || strings.HasPrefix(line, "people.")
		inspects = inspects || len(words) > 1 && strings.HasSuffix(words[0], ".role") && words[1] == "inspector"
		tokens = tokens || len(words) > 1 && strings.HasSuffix(words[0], ".token_sha256") && words[1] != "default"
	}
	var missing []string
	if !live {
		missing = append(missing, "mode: live, without which they are written down, and no more")
	}
	if !people {
		missing = append(missing, "people, without whom nobody can decide")
	} else if !tokens {
		missing = append(missing, "tokens, without which the command line decides nothing")
	}
	if !inspects {
		missing = append(missing, "an inspector, without whom Temporal's UI shows what is stored, which is encrypted")
	}
	return missing
}

func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("  " + line)
	}
	return b.String()
}
