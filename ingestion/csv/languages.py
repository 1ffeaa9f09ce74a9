"""Headers of the ad platforms' pages in other languages, and the English ones they stand for."""

# ruff: noqa: E501 - a header and its others are one line where they fit

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

# English header: the others, in plain spelling and without accents, with | between.
# Meta Ads Manager, Google Ads and their like in German, French, Spanish, Italian, Portuguese and Dutch.
_OTHERS: Mapping[str, str] = {
    "day": "tag|jour|dia|giorno|dag",
    "date": "datum|fecha|data",
    "month": "monat|mois|mes|mese|maand",
    "reporting starts": "berichtsstart|beginn des berichts|berichtsbeginn|auswertungsstart|debut des rapports"
    "|debut du rapport|inicio del informe|inicio de los informes|inizio dei report|inizio report"
    "|inicio dos relatorios|inicio do relatorio|inicio dos informes|start rapportage|begin rapportage"
    "|rapportage start",
    "reporting ends": "berichtsende|ende des berichts|auswertungsende|fin des rapports|fin du rapport"
    "|fin del informe|fin de los informes|fine dei report|fine report|termino dos relatorios"
    "|encerramento dos relatorios|fim dos relatorios|einde rapportage|rapportage einde",
    "account id": "konto id|id du compte|identifiant de compte|id de la cuenta|identificador de la cuenta"
    "|id account|id da conta|account id",
    "account name": "kontoname|name des kontos|nom du compte|nombre de la cuenta|nome account|nome dell account"
    "|nome da conta|accountnaam",
    "customer id": "kundennummer|kunden id|numero client|id client|id de cliente|id cliente|id do cliente|klant id",
    "campaign": "kampagne|campagne|campana|campagna|campanha",
    "campaign name": "kampagnenname|name der kampagne|nom de la campagne|nombre de la campana"
    "|nombre de campana|nome della campagna|nome campagna|nome da campanha|campagnenaam|naam van campagne",
    "campaign id": "kampagnen id|id der kampagne|id de campagne|id de la campagne|identifiant de campagne"
    "|id de la campana|id de campana|identificador de la campana|id campagna|id della campagna|id da campanha"
    "|id campanha|campagne id",
    "ad set name": "anzeigengruppenname|name der anzeigengruppe|nom de l ensemble de publicites"
    "|nombre del conjunto de anuncios|nome del gruppo di inserzioni|nome gruppo di inserzioni"
    "|nome do conjunto de anuncios|naam advertentieset|naam van advertentieset",
    "ad set id": "anzeigengruppen id|id de l ensemble de publicites|identifiant de l ensemble de publicites"
    "|id del conjunto de anuncios|identificador del conjunto de anuncios|id gruppo di inserzioni"
    "|id del gruppo di inserzioni|id do conjunto de anuncios|advertentieset id",
    "ad group": "anzeigengruppe|groupe d annonces|grupo de anuncios|gruppo di annunci|advertentiegroep",
    "ad group id": "id der anzeigengruppe|id du groupe d annonces|id del grupo de anuncios"
    "|id gruppo di annunci|id do grupo de anuncios|advertentiegroep id",
    "ad name": "anzeigenname|name der anzeige|name der werbeanzeige|nom de la publicite|nom de l annonce"
    "|nombre del anuncio|nome dell inserzione|nome inserzione|nome do anuncio|naam advertentie",
    "ad id": "anzeigen id|id der anzeige|id de la publicite|identifiant de la publicite|id del anuncio"
    "|identificador del anuncio|id inserzione|id dell inserzione|id do anuncio|advertentie id",
    "platform": "plattform|plateforme|plataforma|piattaforma",
    "impressions": "impressionen|impresiones|impressioni|impressoes|vertoningen|weergaven",
    "impr": "vert",
    "clicks": "klicks|clics|clic|cliques|klikken",
    "clicks all": "klicks alle|clics tous|clics todos|clic tutti|cliques todos|klikken alle",
    "link clicks": "link klicks|linkklicks|klicks auf den link|clics sur un lien|clics sur le lien"
    "|clics en el enlace|clic sul link|cliques no link|klikken op link|klikken op links|linkklikken",
    "amount spent": "ausgegebener betrag|montant depense|importe gastado|importo speso|valor usado|valor gasto"
    "|montante gasto|besteed bedrag|uitgegeven bedrag",
    "cost": "kosten|cout|coste|costo|custo",
    "spend": "ausgaben|depenses|depense|gasto|spesa|uitgaven",
    "results": "ergebnisse|resultats|resultados|risultati|resultaten",
    "purchases": "kaufe|achats|compras|acquisti|aankopen",
    "website purchases": "website kaufe|kaufe auf der website|achats sur le site web|compras en el sitio web"
    "|acquisti sul sito web|compras no site|aankopen op website",
    "purchases conversion value": "conversion wert von kaufen|conversion wert fur kaufe|kauf conversion wert"
    "|conversion wert der kaufe|valeur de conversion des achats|valor de conversion de compras"
    "|valor de conversion de las compras|valore di conversione degli acquisti"
    "|valor de conversao de compras|valor de conversao da compra|conversiewaarde van aankopen"
    "|conversiewaarde aankopen",
    "conversions": "konversionen|conversiones|conversioni|conversoes|conversies",
    "conv value": "conv wert|conversion wert|valeur de conv|valeur de conversion|valor de conv|valor conv"
    "|valor de conversion|valore conv|valore di conversione|valor da conv|valor da conversao|conv waarde"
    "|conversiewaarde",
    "currency": "wahrung|devise|divisa|moneda|valuta|moeda",
    "currency code": "wahrungscode|code devise|code de devise|code de la devise|codigo de moneda"
    "|codigo de la moneda|codice valuta|codigo da moeda|valutacode",
}  # fmt: skip


def fold(text: str) -> str:
    """Return a text without accents: `campaña` is `campana`."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


ENGLISH: Mapping[str, str] = MappingProxyType(
    {other: english for english, others in _OTHERS.items() for other in others.split("|")}
)
