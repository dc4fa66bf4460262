package console

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/recorder"
	"waybill/search"
	"waybill/settings"
)

func eraseCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	c := &erasing{}
	cmd := &cobra.Command{
		Use:   "erase",
		Short: "Erase the data of one person",
		Long: `Erase removes one person's data from everything that Temporal stores for Waybill, when a person asks
to be forgotten (Article 17 of the EU's GDPR). It first shows what it has found, and asks you to confirm.

  - A parcel that is still followed goes on without name, address, order and tracking number. Mails that
    have not left are dropped, and nobody is mailed about it any more.
  - A parcel that has ended is deleted.
  - Refunds keep amounts, states, the order number and the decision log, which are the shop's books.
    Name, address, messages and what your people wrote are erased; the log stays verifiable.
  - Counters of refunds forget the customer's pseudonym.

For ` + erasedFor + `, webhooks and reconciliation do not bring any of it back. A new order of the same person
is not affected. A workflow named erasure:<id> does the work, so it goes on if the command ends.
At the end, the command prints a certificate as JSON: what was erased, what was kept and why, and what you
have to do elsewhere. The certificate does not say who the person is. If workers have WAYBILL_LINK_KEYS,
it is signed: see waybill erase verify.

Parcels and refunds are found as by waybill export. By mail address, they are found only if this is set:

  WAYBILL_SEARCH_KEYS   the same as for the workers

A worker has to be running.

` + settings.AboutTemporal,
		Example: "  waybill erase --mail jane.doe@example.com --dry-run\n  waybill erase --mail jane.doe@example.com --as anna > erased.json\n  waybill erase --order 1042 --integration my-shop",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.run(cmd, env, log) },
	}
	flags := cmd.Flags()
	flags.StringVar(&c.mail, "mail", "", "the person's mail `address`")
	flags.StringVar(&c.order, "order", "", "the `number` of an order")
	flags.StringVar(&c.integration, "integration", "", "only this `integration`; without it, all")
	flags.StringVar(&c.as, "as", "", "`person` who orders it, without proof; "+settings.Person+" if left out")
	flags.BoolVar(&c.dryRun, "dry-run", false, "show what would be erased, and erase nothing")
	flags.BoolVar(&c.yes, "yes", false, "do not ask")
	commandline.Flag(cmd, "integration", completeIntegrations(env))
	cmd.AddCommand(eraseShowCommand(env, log), eraseRetryCommand(env, log), eraseVerifyCommand(env))
	return cmd
}

// erasing is one run of the command.
type erasing struct {
	mail, order, integration, as string
	dryRun, yes                  bool
}

func (c *erasing) run(cmd *cobra.Command, env *settings.Environment, log *slog.Logger) error {
	sought, unnamed := personSought(c.mail, c.order)
	by := cmp.Or(strings.TrimSpace(c.as), env.Text(settings.Person))
	if by == "" && !c.dryRun {
		unnamed = errors.Join(unnamed, commandline.Usage(fmt.Errorf("say who you are: give your name with --as anna or %s", settings.Person)))
	}
	keys, unread := env.SearchKeys()
	if err := errors.Join(unnamed, unread); err != nil {
		return err
	}
	return connect(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
		integrations, err := integrationsChosen(ctx, records, c.integration)
		if err != nil {
			return err
		}
		theirs, err := records.Theirs(ctx, sought, keys, integrations)
		if err != nil {
			return err
		}
		found, err := findErasable(ctx, records, sought, theirs)
		if err != nil {
			return err
		}
		found.By, found.About = by, aboutPerson(sought, keys)
		found.show(cmd.ErrOrStderr())
		switch {
		case found.Empty():
			return errors.New("nothing is known of this person: if an operator has replaced the address, search by order instead")
		case c.dryRun:
			fmt.Fprintln(cmd.ErrOrStderr(), "\nThis is a dry run, and nothing was erased.")
			return nil
		}
		if err := confirm(ctx, cmd, c.yes, "This cannot be undone. Erase all of this?"); err != nil {
			return err
		}
		return beginErasure(ctx, cmd, records, found.Erasure)
	})
}

// beginErasure begins an erasure under a new id, and follows it.
func beginErasure(ctx context.Context, cmd *cobra.Command, records recorder.Recorder, what contract.Erasure) error {
	what.ID = strings.ToLower(rand.Text()[:12])
	if err := records.Erase(ctx, what); err != nil {
		return fmt.Errorf("begin to erase: %w", err)
	}
	return followErasure(ctx, cmd, records, what.ID)
}

// aboutPerson is a digest of what a person was looked for by, which tells nobody who that is.
func aboutPerson(sought string, keys search.Keys) string {
	listed := keys.Find(sought)
	for _, digest := range slices.Concat(listed.Recipient, listed.Order) {
		if strings.HasPrefix(digest, "=") {
			return digest
		}
	}
	return ""
}

// erasable is what is to be erased, and what becomes of it.
type erasable struct {
	contract.Erasure
	lines []string
	left  []string
}

// findErasable asks what was found where it stands, and looks for what else was told of the person.
func findErasable(ctx context.Context, records recorder.Recorder, sought string, theirs recorder.Theirs) (erasable, error) {
	found := erasable{left: theirs.Others}
	addresses := []string{sought}
	var named []contract.ParcelRef // by their refunds
	var faults []error
	say := func(of fmt.Stringer, kind, what string) {
		found.lines = append(found.lines, fmt.Sprintf("%s\t%s\t%s", kind, of, what))
	}
	for _, r := range askEach(ctx, theirs.Refunds, records.Refund) {
		if r.err != nil && !errors.Is(r.err, errUnknown) {
			faults = append(faults, fmt.Errorf("refund %s: %w", r.of, r.err))
			continue
		}
		found.Refunds = append(found.Refunds, r.of)
		addresses = append(addresses, r.known.Facts.Customer.Email, r.known.Facts.CustomerAtSendcloud)
		say(r.of, "refund", "keeps its books: "+r.known.State.Words())
		for _, id := range []int64{r.known.Facts.IncomingParcel, r.known.Facts.OutgoingParcel} {
			if of := (contract.ParcelRef{Integration: r.of.Integration, ID: id}); id != 0 && !slices.Contains(slices.Concat(theirs.Parcels, named), of) {
				named = append(named, of)
			}
		}
	}
	for i, p := range askEach(ctx, slices.Concat(theirs.Parcels, named), records.Parcel) {
		unknown := errors.Is(p.err, errUnknown)
		switch another := i >= len(theirs.Parcels) && !p.known.Facts.IsReturn; {
		case p.err != nil && !unknown:
			faults = append(faults, fmt.Errorf("parcel %s: %w", p.of, p.err))
			continue
		case another && !unknown: // it was sent to somebody else
			continue
		case unknown: // Sendcloud may report it yet
			found.Parcels = append(found.Parcels, p.of)
			say(p.of, "parcel", "is not known, and will not be recorded")
			continue
		}
		found.Parcels = append(found.Parcels, p.of)
		addresses = append(addresses, p.known.Facts.Recipient.Email, p.known.Corrected.Email)
		_, running, err := records.NewestRun(ctx, p.of.WorkflowID())
		faults = append(faults, err)
		what := "is deleted"
		if running {
			what = "is still followed, without the recipient's data: " + p.known.Phase.Words()
		}
		say(p.of, "parcel", what)
	}
	if err := errors.Join(faults...); err != nil {
		return found, fmt.Errorf("nothing was erased: %w", err)
	}
	others, err := records.Reports(ctx, found.Names(), addresses)
	for _, id := range others {
		found.lines = append(found.lines, "report\t"+id+"\tis deleted")
	}
	found.Others = others
	return found, err
}

func (e *erasable) show(w io.Writer) {
	if len(e.lines) > 0 {
		table := newTable(plain{w})
		fmt.Fprintln(table, "WHAT\tNAME\tBECOMES")
		for _, line := range e.lines {
			fmt.Fprintln(table, line)
		}
		_ = table.Flush() // on standard error
	}
	for _, other := range e.left {
		fmt.Fprintln(w, "left out, because another mail address is listed: "+printable(other))
	}
}

// followErasure shows how far an erasure is, and then its certificate.
func followErasure(ctx context.Context, cmd *cobra.Command, records recorder.Recorder, id string) error {
	line := newProgress(cmd.ErrOrStderr())
	defer line.end()
	fmt.Fprintf(cmd.ErrOrStderr(), "The erasure %s has begun. If this command ends, it goes on: waybill erase show %s\n", id, id)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		done, over, found, err := records.Erasure(ctx, id)
		switch {
		case err != nil && !unanswered(err):
			return err
		case err != nil:
			line.say("waiting for a worker to answer")
		case found && over:
			line.end()
			return printCertificate(cmd, done)
		case done.RememberedUntil.IsZero():
			line.say("waiting until every ingress and worker knows what not to record again")
		default:
			line.say(fmt.Sprintf("%d of %d are dealt with", len(done.Items), done.Of))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the erasure goes on by itself; look again with: waybill erase show %s", id)
		case <-tick.C:
		}
	}
}

// erasedFor is how long Waybill remembers what is erased.
var erasedFor = fmt.Sprintf("%d days", contract.ErasedFor/(24*time.Hour))

// certificate says what was erased. Its JSON stays as it is.
type certificate struct {
	contract.Erased
	// Kept is what was kept on purpose, and why; Elsewhere is what Waybill cannot erase.
	Kept      []string `json:"kept"`
	Elsewhere []string `json:"elsewhere"`
}

var keptOnPurpose = []string{
	"refunds: amounts, states, times, the numbers of return and order, and the decision log without what people wrote, because they are the shop's books",
	"parcels that are still followed: carrier, scans and times, because the shop has to know where its goods are",
	"for " + erasedFor + ", the numbers of these parcels and returns, so that nothing records them again",
	"the names of your people in decision logs, because they answer for their decisions",
}

// toErase is what the operator has to do.
var toErase = []string{
	"SendGrid: the mails that were sent and what came of them. Ask for their erasure: POST https://api.sendgrid.com/v3/recipients/erasejob",
	"Sendcloud: parcels, returns and addresses, from where Waybill has them",
	"the endpoint that pays your refunds: order numbers and amounts",
	"backups of Temporal's database, until they expire: after a restore, erase again",
	"files that waybill export and waybill refunds export have written, and those in WAYBILL_EXPORT_FOLDER: they have what your people wrote",
	"copies of mails at your mail provider, and what your people have noted elsewhere",
}

func printCertificate(cmd *cobra.Command, done contract.Erased) error {
	if err := printJSON(cmd.OutOrStdout(), certificate{done, keptOnPurpose, toErase}); err != nil {
		return err
	}
	if done.Ended.IsZero() {
		return fmt.Errorf("the erasure %s has stopped before its end: the workflow erasure:%s says why. Correct that, and go on with: waybill erase retry %s", done.ID, done.ID, done.ID)
	}
	if failed := done.Failed(); len(failed) > 0 {
		return fmt.Errorf("%d of %d could not be erased: items of the certificate say why. Correct that, and go on with: waybill erase retry %s", len(failed), done.Of, done.ID)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "Erased. The certificate says what is left for you to do elsewhere.\n")
	return nil
}
