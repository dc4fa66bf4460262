package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/refund"
)

func refundsVerifyCommand() *cobra.Command {
	var last string
	cmd := &cobra.Command{
		ValidArgsFunction: commandline.Files("json", "jsonl"),

		Use:   "verify [file]...",
		Short: "Check that the decision logs of refunds are intact",
		Long: `Verify reads what "waybill refunds show --output json" or "waybill refunds export" printed, or
what the Query Describe answers in Temporal's UI or CLI, from files or from standard input. It computes the hash
of each line of the decision log again and says which line is not as it was written: one
that was changed, moved, inserted or removed. It exits with 1 if there is one. It needs no
Temporal.

Lines that are missing at the end leave no trace, and neither does a decision log that was
rewritten from its first line. To see both, give --last the hash that the refund's workflow
ended with: it is in the workflow's result in Temporal, beside the state. You can also
store it elsewhere.`,
		Example: `  waybill refunds show my-shop 7001 --output json | waybill refunds verify
  waybill refunds verify refunds-2026.jsonl
  waybill refunds verify /srv/exports/*.jsonl
  waybill refunds verify refund-7001.json --last 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08`,
		RunE: func(cmd *cobra.Command, args []string) error {
			last = strings.ToLower(strings.TrimSpace(last))
			if cmd.Flags().Changed("last") && !hashPattern.MatchString(last) {
				return commandline.Usage(fmt.Errorf("--last: %q is no hash: it has 64 hexadecimal digits, as in the result of the refund's workflow", last))
			}
			known, err := readRefunds(cmd.InOrStdin(), args)
			switch {
			case err != nil:
				return err
			case len(known) == 1:
				return verify(cmd.OutOrStdout(), known[0].Refund, last)
			case last != "":
				return commandline.Usage(fmt.Errorf("--last is the hash of one refund, and %s holds %d: give it one at a time", known[0].file, len(known)))
			}
			return verifyAll(cmd.OutOrStdout(), known)
		},
	}
	cmd.Flags().StringVar(&last, "last", "", "the `hash` that the refund's workflow ended with")
	return cmd
}

var hashPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

// readRefund is a refund of a file.
type readRefund struct {
	refund.Refund
	file string
}

// readRefunds reads the files that are named, or standard input. All that cannot be read are told at once.
func readRefunds(stdin io.Reader, files []string) (all []readRefund, err error) {
	if len(files) == 0 {
		files = []string{"-"}
	}
	var faults []error
	for _, file := range files {
		name, raw, err := readAnswer(stdin, file)
		var some []refund.Refund
		if err == nil {
			some, err = parseAnswers(name, raw)
		}
		faults = append(faults, err)
		for _, r := range some {
			all = append(all, readRefund{r, name})
		}
	}
	return all, errors.Join(faults...)
}

// readAnswer reads a file; - is standard input.
func readAnswer(stdin io.Reader, file string) (name string, raw []byte, err error) {
	if file == "-" {
		raw, err = io.ReadAll(stdin)
		if err != nil {
			err = fmt.Errorf("read standard input: %w", err)
		}
		return "standard input", raw, err
	}
	raw, err = os.ReadFile(file) //nolint:gosec // the operator says which
	if err != nil {
		err = fmt.Errorf("read the refund (name a file that holds what waybill refunds show --output json printed): %w", err)
	}
	return file, raw, err
}

// parseAnswers reads refunds as show and export print them, or as Temporal's tools wrap them.
func parseAnswers(name string, raw []byte) (all []refund.Refund, err error) {
	for values := json.NewDecoder(bytes.NewReader(raw)); err == nil; {
		var value json.RawMessage
		if err = values.Decode(&value); err == nil {
			var some []refund.Refund
			some, err = parseAnswer(value)
			all = append(all, some...)
		}
	}
	switch {
	case !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%s does not hold what waybill refunds show --output json prints: %w", name, err)
	case len(all) == 0 || slices.ContainsFunc(all, func(r refund.Refund) bool { return len(r.Receipt) == 0 }):
		return nil, fmt.Errorf("%s holds no decision log: give it all that waybill refunds show --output json prints", name)
	}
	return all, nil
}

// parseAnswer reads one refund, or a list of them, which may be wrapped.
func parseAnswer(raw []byte) (some []refund.Refund, err error) {
	var wrapped struct {
		Answer json.RawMessage `json:"queryResult"`
	}
	if err := json.Unmarshal(raw, &wrapped); err == nil && len(wrapped.Answer) > 0 {
		raw = bytes.TrimSpace(wrapped.Answer)
	}
	if !bytes.HasPrefix(raw, []byte("[")) {
		raw = slices.Concat([]byte("["), raw, []byte("]"))
	}
	err = json.Unmarshal(raw, &some)
	return some, err
}

// verifyAll checks the decision logs of several refunds.
func verifyAll(w io.Writer, all []readRefund) error {
	var faults []error
	for _, r := range all {
		if err := refund.CheckReceipt(r.Receipt); err != nil {
			faults = append(faults, fmt.Errorf("refund %s in %s: %w", contract.RefundRef{Integration: r.Integration, ReturnID: r.ReturnID}, r.file, err))
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	_, err := fmt.Fprintf(w, "The decision logs of %d refunds are intact. To check that no lines are missing at the end of one, give it alone, with --last.\n", len(all))
	return err
}

// verify checks a decision log that is not empty, and its end if last is a hash.
func verify(w io.Writer, r refund.Refund, last string) error {
	if err := refund.CheckReceipt(r.Receipt); err != nil {
		return err
	}
	n := len(r.Receipt)
	end := r.Receipt[n-1].Hash
	if last != "" && end != last {
		return fmt.Errorf("the last line of the decision log is not the one that the refund ended with: lines are missing after line %d, or were added, or the decision log was rewritten; its last hash is %s", n, end)
	}
	fmt.Fprintf(w, "The decision log is intact: %d lines, from %s to %s UTC.\n", n, r.Receipt[0].At.UTC().Format(receiptTime), r.Receipt[n-1].At.UTC().Format(receiptTime))
	if erased := refund.ErasedReasons(r.Receipt); erased > 0 {
		fmt.Fprintf(w, "The reasons of %d lines were erased, because they may name the customer or are what the customer wrote: the hashes show that nothing else was changed.\n", erased)
	}
	if last == "" {
		fmt.Fprintf(w, "Use --last to check that no lines are missing at its end. The hash of its last line is %s\n", end)
		return nil
	}
	fmt.Fprintln(w, "It ends as the refund did: nothing is missing.")
	return nil
}
