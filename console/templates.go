package console

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"waybill/activities"
	"waybill/commandline"
	"waybill/contract"
	"waybill/mail"
	"waybill/mail/preview"
	"waybill/parcel"
	"waybill/settings"
	"waybill/worker"
)

func templatesCommand(env *settings.Environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "templates",
		Short: "Look at the texts and layout of mails, and send one to yourself",
		Long: `Mails are written from words and a layout that come with Waybill, in ` + languageList() + `.
To change texts or layout, make a folder, name it in WAYBILL_MAIL_TEMPLATES, and put
your changes there:

  words/nl.yaml           texts, by the names that "waybill templates words" prints:
                            kinds:
                              shipped:
                                subject: "Je pakket van {{.Shop}} is onderweg!"
  layout/mail.html.tmpl   the layout of all mails, and
  layout/mail.txt.tmpl    that of their plain text

A worker that finds a fault in them says where it is and does not start. The policy
sets the shop's name, colour, logo, footer and reply address.`,
	}
	cmd.AddCommand(templatesPreviewCommand(env), templatesSendTestCommand(env), templatesWordsCommand())
	return cmd
}

func languageList() string {
	var names []string
	for _, l := range parcel.Languages() {
		names = append(names, string(l))
	}
	return strings.Join(names, ", ")
}

// previewTimeout is how long a request may take.
const previewTimeout = 10 * time.Second

func templatesPreviewCommand(env *settings.Environment) *cobra.Command {
	var listen, integration string
	cmd := &cobra.Command{
		Use:   "preview",
		Short: "Show every mail in every language, width and colour scheme",
		Long: `Preview serves a page with every kind of mail in every language, with sample data, with
nothing known, for several parcels at once, and with hostile names. It reads your words
and layout again for each page, so reload the page to see a change.

  WAYBILL_MAIL_TEMPLATES   the folder with your own words and layout
  WAYBILL_POLICY           the policy, for the shop's name and colours`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			keeper, err := env.Policy()
			if err != nil {
				return err
			}
			if err := checkIntegration(env, keeper.Book(), integration); err != nil {
				return err
			}
			folder := env.Text(settings.MailTemplates)
			server := preview.Server{
				Open: func() (*mail.Renderer, error) { return worker.OpenTemplates(folder) },
				Shop: worker.Config{Policy: keeper}.Shop(integration),
			}
			return serve(cmd.Context(), listen, server, func(address string) {
				fmt.Fprintf(cmd.OutOrStdout(), "Mails are at http://%s/ until you press Ctrl-C.\n", address)
			})
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8030", "`address` to listen on")
	cmd.Flags().StringVar(&integration, "integration", "", "with the shop name and colours of this `integration`")
	commandline.Flag(cmd, "integration", completeIntegrations(env))
	return cmd
}

// serve answers requests until ctx ends.
func serve(ctx context.Context, listen string, handler http.Handler, opened func(address string)) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen on %s (choose another with --listen): %w", listen, err)
	}
	server := &http.Server{Handler: handler, ReadTimeout: previewTimeout, WriteTimeout: previewTimeout, IdleTimeout: time.Minute}
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() }) // a preview has nothing to finish
	defer stopped()
	opened(listener.Addr().String())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func templatesSendTestCommand(env *settings.Environment) *cobra.Command {
	var to, kind, language, integration string
	cmd := &cobra.Command{
		Use:   "send-test",
		Short: "Send a mail with sample data to yourself",
		Long: `Send-test writes a mail with sample data and sends it with the settings of a worker:
SENDGRID_API_KEY, SENDGRID_BASE_URL, WAYBILL_MAIL_FROM, WAYBILL_MAIL_TEMPLATES and
WAYBILL_POLICY. It prints SendGrid's answer.`,
		Example: "  waybill templates send-test --to you@shop.example --kind delivered --language de",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var faults []error
			if to == "" {
				faults = append(faults, errors.New("name your own address: --to you@shop.example"))
			}
			if !slices.Contains(mail.Kinds(), mail.Kind(kind)) {
				faults = append(faults, fmt.Errorf("--kind: there is no mail %q: choose one of %v", kind, mail.Kinds()))
			}
			if err := errors.Join(append(faults, checkLanguage(language))...); err != nil {
				return commandline.Usage(err)
			}
			config, err := env.Worker()
			if err != nil {
				return err
			}
			if err := checkIntegration(env, config.Policy.Book(), integration); err != nil {
				return err
			}
			mailer, err := worker.OpenMailer(config)
			if err != nil {
				return err
			}
			letter := mail.Sample(mail.Kind(kind), parcel.Language(language))
			letter.Shop = config.Shop(integration)
			sent, err := mailer.Send(cmd.Context(), activities.Envelope{Post: contract.Post{Key: fmt.Sprintf("test-%d", time.Now().UnixNano()), Try: 1}, To: to}, letter)
			if err != nil {
				return fmt.Errorf("the mail was not sent: %w", err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "SendGrid accepted it with the message id %s.\n", sent.MessageID)
			return nil
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "`address` to send it to")
	cmd.Flags().StringVar(&kind, "kind", string(parcel.MailShipped), "`kind` of mail")
	cmd.Flags().StringVar(&language, "language", string(parcel.English), "`language` of the mail")
	cmd.Flags().StringVar(&integration, "integration", "", "with the shop name and colours of this `integration`")
	commandline.Flag(cmd, "kind", commandline.OneOf(mail.Kinds()...))
	commandline.Flag(cmd, "language", commandline.OneOf(parcel.Languages()...))
	commandline.Flag(cmd, "integration", completeIntegrations(env))
	return cmd
}

func templatesWordsCommand() *cobra.Command {
	var language string
	cmd := &cobra.Command{
		Use:   "words",
		Short: "Print the texts of mails that you may replace",
		Long: `Words prints all texts of mails in one language as they come with Waybill, as YAML: each
may be replaced. Save the output as words/<language>.yaml in the folder that
WAYBILL_MAIL_TEMPLATES names, change what you want, and delete the other lines.`,
		Example: "  waybill templates words --language nl > templates/words/nl.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkLanguage(language); err != nil {
				return commandline.Usage(err)
			}
			words, err := mail.OwnWords(parcel.Language(language))
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(words)
			return err
		},
	}
	cmd.Flags().StringVar(&language, "language", string(parcel.English), "`language` of the texts")
	commandline.Flag(cmd, "language", commandline.OneOf(parcel.Languages()...))
	return cmd
}

// checkLanguage refuses a language that no mail is written in.
func checkLanguage(language string) error {
	if slices.Contains(parcel.Languages(), parcel.Language(language)) {
		return nil
	}
	return fmt.Errorf("--language: no mail is written in %q: choose one of %s", language, languageList())
}
