//go:build postgres

package e2e_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/parcel"
	"waybill/refund"
)

var restoredFrom = flag.Bool("restored-from", true, "whether the restore drill sets WAYBILL_RESTORED_FROM, as docs/backup.md says")

// drill is a shop whose databases are lost.
type drill struct {
	*till
	server *temporalServer
	// backup has a copy of PostgreSQL's files, from taken on.
	backup string
	taken  time.Time
	// breaches are what may not happen.
	breaches []string
}

// say writes a line of the report.
func (d *drill) say(format string, args ...any) { fmt.Fprintf(os.Stdout, format+"\n", args...) }

// holds notes a breach if something that the drill promises is not so.
func (d *drill) holds(promise string, ok bool, got any) {
	if !ok {
		d.breaches = append(d.breaches, fmt.Sprintf("%s: %v", promise, got))
	}
}

// The databases are lost and restored from a backup. What has happened since the backup is brought back by
// Sendcloud and by people, no mail is sent twice, and no refund is paid twice.
func TestTheRestoreDrill(t *testing.T) {
	server := newPostgres(t)
	require.NoError(t, server.start())
	t.Cleanup(func() { server.terminate() })
	d := &drill{till: newTill(t, server), server: server, backup: filepath.Join(server.folder, "backup")}
	d.patience = time.Minute
	d.setPolicy("mode: live\n" + strings.Replace(atOnce, "hold: 0", "hold: 6s", 1) + people)
	d.keys = append(d.keys, "WAYBILL_RECONCILE_EVERY=2s")
	d.openDoors()

	w := d.before()
	d.takeBackup()
	w.after(d)
	d.lose()
	d.account.Set(w.still, sendcloud.Delivered, time.Now())
	d.restore()
	w.goesOn(d)
	d.judge(w)
	require.Empty(t, d.breaches)
}

// world is what happens in the drill.
type world struct {
	// moved has a mail from before the backup and one from after it; held has one that waits while the backup
	// is taken; late is new after the backup; still has news while everything is down; next gets news later.
	moved, held, late, still, next sendcloud.Parcel
	// approved is approved and paid after the backup, paid was paid before; small is new after the backup,
	// and paid without a person; waiting waits for a person all the time.
	approved, paid, small, waiting sold
	mails, payments                int
}

func (d *drill) before() *world {
	w := &world{moved: d.parcel(), held: d.parcel(), late: d.parcel(), still: d.parcel(), next: d.parcel()}
	w.approved, w.paid, w.small, w.waiting = d.sell("120.00"), d.sell("40.00"), d.sell("30.00"), d.sell("130.00")
	began := time.Now()
	for _, p := range []sendcloud.Parcel{w.moved, w.still, w.next} {
		d.account.Change(p, sendcloud.ToSorting, began)
	}
	for _, o := range []sold{w.approved, w.paid, w.waiting} {
		d.ask(o)
	}
	for _, p := range []sendcloud.Parcel{w.moved, w.still, w.next} {
		d.arrived(p, parcel.MailShipped)
	}
	d.reaches(w.approved, refund.AwaitingApproval)
	d.reaches(w.waiting, refund.AwaitingApproval)
	d.reaches(w.paid, refund.Paid)
	d.account.Change(w.held, sendcloud.ToSorting, time.Now())
	d.eventually("a mail to be held", func() error {
		known, err := d.describe(w.held)
		if err == nil && (len(known.Mails) != 1 || known.Mails[0].State != delivery.Waiting) {
			err = errors.New("it is not")
		}
		return err
	})
	d.say("Before the backup: 4 parcels (1 with a mail on hold), 3 refunds (1 paid, 2 waiting for approval), %d mails, %d payments.", len(d.sendgrid.Mails()), len(d.merchant.Payments()))
	return w
}

func (w *world) after(d *drill) {
	mails, payments := len(d.sendgrid.Mails()), len(d.merchant.Payments())
	d.account.Change(w.moved, sendcloud.DriverEnRoute, time.Now())
	d.account.Change(w.late, sendcloud.ToSorting, time.Now())
	w.small.back0.CreatedAt = time.Now() // the returns of a span of time are found by when they were made
	d.ask(w.small)
	_, err := orderRefund(d.till, w.approved, "approve", "anna")
	require.NoError(d, err)
	d.arrived(w.held, parcel.MailShipped)
	d.arrived(w.late, parcel.MailShipped)
	d.arrived(w.moved, parcel.MailShipped, parcel.MailOutForDelivery)
	d.reaches(w.approved, refund.Paid)
	d.reaches(w.small, refund.Paid)
	w.mails, w.payments = len(d.sendgrid.Mails()), len(d.merchant.Payments())
	d.say("After the backup:  1 new parcel, 1 scan of a known one, 1 new refund, 1 approval by a person: %d mails, %d payments. Temporal will know none of it.", w.mails-mails, w.payments-payments)
}

// goesOn brings everything to where it was, and further.
func (w *world) goesOn(d *drill) {
	d.arrived(w.held, parcel.MailShipped)
	d.arrived(w.late, parcel.MailShipped)
	d.arrived(w.moved, parcel.MailShipped, parcel.MailOutForDelivery)
	d.arrived(w.still, parcel.MailShipped, parcel.MailDelivered)
	d.account.Change(w.next, sendcloud.Delivered, time.Now())
	d.arrived(w.next, parcel.MailShipped, parcel.MailDelivered)
	d.reaches(w.small, refund.Paid)
	d.reaches(w.paid, refund.Paid)
	d.reaches(w.waiting, refund.AwaitingApproval)
	d.reaches(w.approved, refund.AwaitingApproval)
	d.say("                   The approval is lost: the refund waits for a person again, although it is paid. It is approved again.")
	_, err := orderRefund(d.till, w.approved, "approve", "anna")
	require.NoError(d, err)
	d.reaches(w.approved, refund.Paid)
}

// arrived waits until mails of exactly these kinds were accepted, as the parcel knows it.
func (d *drill) arrived(p sendcloud.Parcel, want ...parcel.MailKind) {
	d.Helper()
	d.eventually(fmt.Sprintf("mails %v", want), func() error {
		known, err := d.describe(p)
		if err != nil {
			return err
		}
		var got []parcel.MailKind
		for _, m := range known.Mails {
			if m.State == delivery.Accepted {
				got = append(got, m.About.Kind)
			}
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("parcel %d has %v: %+v", p.ID, got, known.Mails)
		}
		return nil
	})
}

// topology is where the parts of the server listen.
type topology struct {
	Postgres int
	Services map[string]struct{ GRPC, Membership int }
}

func (d *drill) where() (where topology) {
	d.Helper()
	raw, err := os.ReadFile(filepath.Join(d.server.folder, "topology.json"))
	require.NoError(d, err)
	require.NoError(d, json.Unmarshal(raw, &where))
	return where
}

// takeBackup copies both databases as they are at one moment, while everything runs.
func (d *drill) takeBackup() {
	d.Helper()
	where := d.where()
	// From when it begins: what happens until it ends may be in it or not.
	d.taken = time.Now().UTC()
	cmd := exec.CommandContext(d.Context(), postgresProgram(d.T, "pg_basebackup"), "--host", "127.0.0.1", "--port", strconv.Itoa(where.Postgres), "--username", "postgres",
		"--pgdata", d.backup, "--checkpoint", "fast", "--wal-method", "stream", "--no-sync")
	cmd.Dir = d.server.folder
	if os.Geteuid() == 0 { // its files have to belong to whom PostgreSQL runs as
		owner, err := user.Lookup("postgres")
		require.NoError(d, err)
		uid, err := strconv.ParseUint(owner.Uid, 10, 32)
		require.NoError(d, err)
		gid, err := strconv.ParseUint(owner.Gid, 10, 32)
		require.NoError(d, err)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	said, err := cmd.CombinedOutput()
	require.NoError(d, err, string(said))
	d.say("Backup:            pg_basebackup, in %v, begun at %s.", time.Since(d.taken).Round(100*time.Millisecond), d.taken.Format(time.RFC3339))
}

func postgresProgram(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	require.NoError(t, err)
	require.NotEmpty(t, found, "install PostgreSQL's server, which Debian's package postgresql has")
	return found[len(found)-1]
}

// lose kills everything at once, and deletes the files of the databases.
func (d *drill) lose() {
	d.Helper()
	for _, p := range d.processes() {
		p.kill()
	}
	where := d.where()
	d.server.kill()
	d.server.process = nil
	// They end with it, in their own time.
	d.eventually("PostgreSQL and Temporal's services to be gone", func() error {
		if listens(where.Postgres) {
			return errors.New("PostgreSQL is there")
		}
		for name, ports := range where.Services {
			if listens(ports.GRPC) || listens(ports.Membership) {
				return errors.New(name + " is there")
			}
		}
		return nil
	})
	require.NoError(d, os.RemoveAll(filepath.Join(d.server.folder, "data")))
	d.say("Loss:              all processes were killed, and the files of PostgreSQL deleted.")
}

// restore puts the backup in their place, and starts everything again.
func (d *drill) restore() {
	d.Helper()
	began := time.Now()
	require.NoError(d, os.Rename(d.backup, filepath.Join(d.server.folder, "data")))
	d.eventually("Temporal on the restored databases", func() error {
		if d.server.process != nil {
			select {
			case <-d.server.done:
			default:
				if listens(d.server.port) {
					return nil
				}
				return errors.New(d.server.output())
			}
			d.say("                   Temporal's server gave up: %s", d.server.output())
		}
		return errors.Join(d.server.start(), errors.New("it has just been started"))
	})
	answers := time.Since(began)
	var more []string
	if *restoredFrom {
		more = append(more, "WAYBILL_RESTORED_FROM="+d.taken.Format(time.RFC3339))
	}
	d.startIngress(d.refundKeys...)
	d.startWorker(append(d.keys, more...)...)
	d.awaitReady()
	d.awaitWorker()
	d.say("Restore:           Temporal answered after %v, and Waybill was up after %v, with %s.", answers.Round(time.Second), time.Since(began).Round(time.Second), strings.Join(append(more, "no other change"), " and "))
}

// listens reports whether a port of this machine takes connections.
func listens(port int) bool {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), time.Second)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

// came counts what Temporal knows again: parcels, mails that are in doubt, and refunds by state.
func (d *drill) came(w *world) (parcels, doubt int, refunds map[refund.State]int) {
	d.Helper()
	for _, p := range []sendcloud.Parcel{w.moved, w.held, w.late, w.still, w.next} {
		known, err := d.describe(p)
		if err != nil {
			d.holds("each parcel is followed", false, err)
			continue
		}
		parcels++
		doubt += len(known.Mails.All(func(m *parcel.Mail) bool { return m.Unproven > 0 }))
	}
	refunds = map[refund.State]int{}
	for _, o := range []sold{w.approved, w.paid, w.small, w.waiting} {
		known, err := d.refund(o)
		if err != nil {
			d.holds("each refund is known", false, err)
			continue
		}
		refunds[known.State]++
		doubt += len(known.Mails.All(func(m *refund.Mail) bool { return m.Unproven > 0 }))
	}
	return parcels, doubt, refunds
}

// judge says what came back, what was doubled and what is in doubt.
func (d *drill) judge(w *world) {
	parcels, doubt, refunds := d.came(w)
	copies := map[string][]sendgrid.Mail{}
	for _, m := range d.sendgrid.Mails() {
		key := m.CustomArgs["waybill_key"]
		copies[key] = append(copies[key], m)
	}
	var doubled []string
	for _, sent := range copies {
		if len(sent) > 1 {
			doubled = append(doubled, fmt.Sprintf("%s to %s, %d times", sent[0].Categories[1], sent[0].To, len(sent)))
		}
	}
	slices.Sort(doubled)
	paid := map[string]int{}
	for _, p := range d.merchant.Payments() {
		paid[p.Key]++
	}
	asked := map[string]int{}
	for _, p := range d.merchant.Posts() {
		asked[p.Key]++
	}
	d.say("Came back:         %d of 5 parcels; of 4 refunds, %d are paid and %d wait for approval.", parcels, refunds[refund.Paid], refunds[refund.AwaitingApproval])
	d.say("Mails:             %d sent in all, %d of them after the restore. Doubled: %d. In doubt: %d.", len(d.sendgrid.Mails()), len(d.sendgrid.Mails())-w.mails, len(doubled), doubt)
	for _, line := range doubled {
		d.say("                   doubled: %s", line)
	}
	d.say("Payments:          %d in all, %d of them after the restore. The endpoint was asked %d times about the refund that was approved twice, and %d times about the one that is small.",
		len(d.merchant.Payments()), len(d.merchant.Payments())-w.payments, asked[w.approved.key()], asked[w.small.key()])
	d.holds("no mail is sent twice", len(doubled) == 0, doubled)
	d.holds("only the two deliveries are mailed after the restore", len(d.sendgrid.Mails())-w.mails == 2, len(d.sendgrid.Mails())-w.mails)
	for key, times := range paid {
		d.holds("each refund is paid once", times == 1, key)
	}
	d.holds("3 refunds are paid", len(paid) == 3, paid)
	d.holds("the endpoint was asked again, under the same key", asked[w.approved.key()] == 2 && asked[w.small.key()] == 2, asked)
	for _, p := range []struct {
		sendcloud.Parcel
		kinds []string
	}{
		{w.moved, []string{"shipped", "out_for_delivery"}}, {w.held, []string{"shipped"}}, {w.late, []string{"shipped"}},
		{w.still, []string{"shipped", "delivered"}}, {w.next, []string{"shipped", "delivered"}},
	} {
		d.holds("each recipient has every mail once", slices.Equal(p.kinds, d.mails(p.Parcel)), d.mails(p.Parcel))
	}
	for _, line := range d.breaches {
		d.say("BREACH:            %s", line)
	}
}
