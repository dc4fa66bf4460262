package worker

import (
	"fmt"
	"os"

	"waybill/activities"
	"waybill/mail"
	"waybill/mail/sendgrid"
)

// Shop is the shop of an integration, as far as the merchant says.
func (c Config) Shop(integration string) mail.Shop {
	s := c.Policy.Book().For(integration).Shop
	return mail.Shop{Called: s.Name, URL: s.URL, Colour: s.Colour, Logo: s.Logo, ReplyTo: s.ReplyTo, Footer: s.Footer}
}

// OpenTemplates loads the words and layout of mails, and a merchant's folder over them.
func OpenTemplates(folder string) (*mail.Renderer, error) {
	if folder == "" {
		return mail.NewRenderer(nil)
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("WAYBILL_MAIL_TEMPLATES: %s is not a folder", folder)
	}
	renderer, err := mail.NewRenderer(os.DirFS(folder))
	if err != nil {
		return nil, fmt.Errorf("WAYBILL_MAIL_TEMPLATES: %s: mend or remove what is wrong:\n%w", folder, err)
	}
	return renderer, nil
}

// OpenMailer makes what writes and posts the mails of a worker, without its Shops.
func OpenMailer(c Config) (activities.Mailer, error) {
	sender, err := mail.ParseSender(c.From)
	if err != nil {
		return activities.Mailer{}, err
	}
	renderer, err := OpenTemplates(c.MailTemplates)
	if err != nil {
		return activities.Mailer{}, err
	}
	provider := sendgrid.New(sendgrid.Config{Key: c.SendGridKey, BaseURL: c.SendGridURL, Sender: sender.Address, Pace: c.Pace})
	return activities.Mailer{Renderer: renderer, Provider: provider, Sender: sender, RestoredFrom: c.RestoredFrom}, nil
}
