package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"waybill/commandline"
)

// confirm asks a person at a terminal whether to go on, unless yes says so already. Without a
// terminal, an error says how to go on.
func confirm(ctx context.Context, cmd *cobra.Command, yes bool, question string) error {
	if yes {
		return nil
	}
	if in, ok := cmd.InOrStdin().(*os.File); !ok || !commandline.Terminal(in) {
		return commandline.Usage(errors.New("nothing was changed: to go on without being asked, add --yes"))
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "\n%s Type yes to go on: ", question)
	answers := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
		answers <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case answer := <-answers:
		if answer == "yes" || answer == "y" {
			return nil
		}
	case <-ctx.Done():
		fmt.Fprintln(cmd.ErrOrStderr())
	}
	return errors.New("nothing was changed")
}
