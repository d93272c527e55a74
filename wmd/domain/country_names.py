"""Names of countries as people type them into a search: in English, and as their own languages write them.

By ISO 3166-1 alpha-2 code, English first. The names are those of CLDR 47 (through Babel, Unicode License v3), which
the pages show as well; here they are written down because the domain knows no library of the interface.
"""

from __future__ import annotations

from collections.abc import Mapping


def _names(lines: str) -> dict[str, tuple[str, ...]]:
    entries = (line.strip().partition(" ") for line in lines.strip().splitlines())
    return {code: tuple(names.split(" / ")) for code, _, names in entries}


COUNTRY_NAMES: Mapping[str, tuple[str, ...]] = _names(
    """
    AD Andorra
    AE United Arab Emirates / الإمارات العربية المتحدة
    AF Afghanistan / افغانستان
    AG Antigua & Barbuda
    AI Anguilla
    AL Albania / Shqipëri
    AM Armenia / Հայաստան
    AO Angola
    AQ Antarctica
    AR Argentina
    AS American Samoa
    AT Austria / Österreich
    AU Australia
    AW Aruba
    AX Åland Islands / Åland
    AZ Azerbaijan / Azərbaycan / Азәрбајҹан
    BA Bosnia & Herzegovina / Босна и Херцеговина / Bosna i Hercegovina
    BB Barbados
    BD Bangladesh / বাংলাদেশ
    BE Belgium / België / Belgique / Belgien
    BF Burkina Faso
    BG Bulgaria / България
    BH Bahrain / البحرين
    BI Burundi / Uburundi
    BJ Benin
    BL St. Barthélemy / Saint-Barthélemy
    BM Bermuda
    BN Brunei / بروني
    BO Bolivia
    BQ Caribbean Netherlands / Caribisch Nederland
    BR Brazil / Brasil
    BS Bahamas
    BT Bhutan / འབྲུག
    BV Bouvet Island
    BW Botswana
    BY Belarus / Беларусь
    BZ Belize
    CA Canada
    CC Cocos (Keeling) Islands
    CD Congo - Kinshasa / Congo-Kinshasa / Democratic Republic of the Congo
    CF Central African Republic / Ködörösêse tî Bêafrîka / République centrafricaine
    CG Congo - Brazzaville / Congo-Brazzaville
    CH Switzerland / Schweiz / Schwiiz / Suisse / Svizzera
    CI Côte d’Ivoire / Ivory Coast
    CK Cook Islands
    CL Chile
    CM Cameroon / Cameroun
    CN China / 中国
    CO Colombia
    CR Costa Rica
    CU Cuba
    CV Cape Verde / Cabo Verde
    CW Curaçao / Kòrsou
    CX Christmas Island
    CY Cyprus / Κύπρος / Kıbrıs
    CZ Czechia / Česko / Czech Republic
    DE Germany / Deutschland
    DJ Djibouti / جيبوتي
    DK Denmark / Danmark
    DM Dominica
    DO Dominican Republic / República Dominicana
    DZ Algeria / الجزائر / Algérie
    EC Ecuador
    EE Estonia / Eesti
    EG Egypt / مصر
    EH Western Sahara / الصحراء الغربية
    ER Eritrea / ኤርትራ / إريتريا
    ES Spain / España
    ET Ethiopia / ኢትዮጵያ
    FI Finland / Suomi
    FJ Fiji
    FK Falkland Islands
    FM Micronesia
    FO Faroe Islands / Føroyar
    FR France
    GA Gabon
    GB United Kingdom / UK / Great Britain
    GD Grenada
    GE Georgia / საქართველო
    GF French Guiana / Guyane française
    GG Guernsey
    GH Ghana
    GI Gibraltar
    GL Greenland / Kalaallit Nunaat
    GM Gambia
    GN Guinea / Guinée
    GP Guadeloupe
    GQ Equatorial Guinea / Guinea Ecuatorial / Guinée équatoriale / Guiné Equatorial
    GR Greece / Ελλάδα
    GS South Georgia & South Sandwich Islands
    GT Guatemala
    GU Guam
    GW Guinea-Bissau / Guiné-Bissau
    GY Guyana
    HK Hong Kong SAR China / 中國香港特別行政區
    HM Heard & McDonald Islands
    HN Honduras
    HR Croatia / Hrvatska
    HT Haiti
    HU Hungary / Magyarország
    ID Indonesia
    IE Ireland / Éire
    IL Israel / ישראל / إسرائيل
    IM Isle of Man / Ellan Vannin
    IN India / भारत
    IO British Indian Ocean Territory
    IQ Iraq / العراق
    IR Iran / ایران
    IS Iceland / Ísland
    IT Italy / Italia
    JE Jersey
    JM Jamaica
    JO Jordan / الأردن
    JP Japan / 日本
    KE Kenya
    KG Kyrgyzstan / Кыргызстан / Киргизия
    KH Cambodia / កម្ពុជា
    KI Kiribati
    KM Comoros / جزر القمر / Comores
    KN St. Kitts & Nevis
    KP North Korea / 북한
    KR South Korea / 대한민국
    KW Kuwait / الكويت
    KY Cayman Islands
    KZ Kazakhstan / Казахстан / Қазақстан
    LA Laos / ລາວ
    LB Lebanon / لبنان
    LC St. Lucia
    LI Liechtenstein / Liächteschtäi
    LK Sri Lanka / ශ්‍රී ලංකාව / இலங்கை
    LR Liberia
    LS Lesotho
    LT Lithuania / Lietuva
    LU Luxembourg / Lëtzebuerg / Luxemburg
    LV Latvia / Latvija
    LY Libya / ليبيا
    MA Morocco / المغرب / Maroc / Meṛṛuk
    MC Monaco
    MD Moldova / Republica Moldova
    ME Montenegro / Crna Gora
    MF St. Martin / Saint-Martin
    MG Madagascar / Madagasikara
    MH Marshall Islands
    MK North Macedonia / Северна Македонија
    ML Mali
    MM Myanmar (Burma) / မြန်မာ
    MN Mongolia / Монгол
    MO Macao SAR China / 中國澳門特別行政區 / Macau, RAE da China
    MP Northern Mariana Islands
    MQ Martinique
    MR Mauritania / موريتانيا
    MS Montserrat
    MT Malta
    MU Mauritius / Maurice
    MV Maldives / ދިވެހި ރާއްޖެ
    MW Malawi
    MX Mexico
    MY Malaysia
    MZ Mozambique / Moçambique
    NA Namibia
    NC New Caledonia / Nouvelle-Calédonie
    NE Niger
    NF Norfolk Island
    NG Nigeria / Nàìjíríà
    NI Nicaragua
    NL Netherlands / Nederland
    NO Norway / Norge / Noreg
    NP Nepal / नेपाल
    NR Nauru
    NU Niue
    NZ New Zealand / Aotearoa
    OM Oman / عُمان
    PA Panama
    PE Peru
    PF French Polynesia / Polynésie française
    PG Papua New Guinea / Papua Niugini
    PH Philippines / Pilipinas
    PK Pakistan / پاکستان
    PL Poland / Polska
    PM St. Pierre & Miquelon / Saint-Pierre-et-Miquelon
    PN Pitcairn Islands
    PR Puerto Rico
    PS Palestinian Territories / الأراضي الفلسطينية
    PT Portugal
    PW Palau
    PY Paraguay / Paraguai
    QA Qatar / قطر
    RE Réunion / La Réunion
    RO Romania
    RS Serbia / Srbija / Србија
    RU Russia / Россия
    RW Rwanda / U Rwanda
    SA Saudi Arabia / المملكة العربية السعودية
    SB Solomon Islands
    SC Seychelles
    SD Sudan / السودان
    SE Sweden / Sverige
    SG Singapore / 新加坡 / Singapura / சிங்கப்பூர்
    SH St. Helena
    SI Slovenia / Slovenija
    SJ Svalbard & Jan Mayen / Svalbard og Jan Mayen
    SK Slovakia / Slovensko
    SL Sierra Leone
    SM San Marino
    SN Senegal / Senegaal
    SO Somalia / Soomaaliya / الصومال
    SR Suriname
    SS South Sudan
    ST São Tomé & Príncipe / São Tomé e Príncipe
    SV El Salvador
    SX Sint Maarten / Sint-Maarten
    SY Syria / سوريا
    SZ Eswatini
    TC Turks & Caicos Islands
    TD Chad / تشاد / Tchad
    TF French Southern Territories
    TG Togo
    TH Thailand / ไทย
    TJ Tajikistan / Тоҷикистон
    TK Tokelau
    TL Timor-Leste
    TM Turkmenistan
    TN Tunisia / تونس / Tunisie
    TO Tonga
    TR Türkiye / Turkey
    TT Trinidad & Tobago
    TV Tuvalu
    TW Taiwan / 台灣
    TZ Tanzania
    UA Ukraine / Україна / Украина
    UG Uganda
    UM U.S. Outlying Islands
    US United States / USA
    UY Uruguay
    UZ Uzbekistan / Oʻzbekiston / Ўзбекистон
    VA Vatican City / Città del Vaticano
    VC St. Vincent & Grenadines
    VE Venezuela
    VG British Virgin Islands
    VI U.S. Virgin Islands
    VN Vietnam / Việt Nam
    VU Vanuatu
    WF Wallis & Futuna / Wallis-et-Futuna
    WS Samoa
    XK Kosovo / Kosovë / Косово
    YE Yemen / اليمن
    YT Mayotte
    ZA South Africa
    ZM Zambia
    ZW Zimbabwe
    """
)
