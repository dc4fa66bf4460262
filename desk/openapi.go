package desk

import (
	_ "embed"
	"net/http"

	"github.com/gin-gonic/gin"

	"waybill/ingress"
)

// openAPI describes the API. Its tests hold it against the handlers.
//
//go:embed openapi.yaml
var openAPI []byte

// description serves it, see https://www.rfc-editor.org/rfc/rfc9512.
func description(c *gin.Context) {
	unasked(c)
	if c.IsAborted() {
		return
	}
	ingress.Note(c, "outcome", "described")
	c.Header("Cache-Control", "no-cache")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "application/yaml; charset=utf-8", openAPI)
}
