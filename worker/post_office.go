package worker

import (
	"fmt"
	"os"

	"waybill/mail"
)

// Shop is the shop of an integration, as far as the merchant says.
func (c Config) Shop(integration string) mail.Shop {
	s := c.Policy.Shop(integration)
	return mail.Shop{Called: s.Name, URL: s.URL, Colour: s.Colour, Logo: s.Logo, ReplyTo: s.ReplyTo, Footer: s.Footer}
}

// OpenTemplates loads the words and layout of mails, and over them those of a
// merchant's folder, if there is one.
func OpenTemplates(folder string) (*mail.Renderer, error) {
	if folder == "" {
		return mail.NewRenderer(nil)
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("WAYBILL_MAIL_TEMPLATES: %s is no folder", folder)
	}
	renderer, err := mail.NewRenderer(os.DirFS(folder))
	if err != nil {
		return nil, fmt.Errorf("WAYBILL_MAIL_TEMPLATES: %s: mend or remove what is wrong:\n%w", folder, err)
	}
	return renderer, nil
}

// OpenOffice opens the post office of a worker.
func OpenOffice(c Config) (*mail.Office, error) {
	sender, err := mail.ParseSender(c.From)
	if err != nil {
		return nil, err
	}
	renderer, err := OpenTemplates(c.MailTemplates)
	if err != nil {
		return nil, err
	}
	baseURL := c.SendGridURL
	if baseURL == "" {
		baseURL = DefaultSendGridURL
	}
	return mail.NewOffice(sender, renderer, mail.NewClient(c.SendGridKey, baseURL), c.Pace), nil
}
