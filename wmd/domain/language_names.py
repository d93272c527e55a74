"""Names of languages as people type them into a search: in English, and as their own speakers write them.

By language subtag, English first. The names are those of CLDR 47 (through Babel, Unicode License v3), which
the pages show as well; here they are written down because the domain knows no library of the interface.
"""

from __future__ import annotations

from collections.abc import Mapping

from wmd.domain.findings import N_


def _names(lines: str) -> dict[str, tuple[str, ...]]:
    entries = (line.strip().partition(" ") for line in lines.strip().splitlines())
    return {code: tuple(names.split(" / ")) for code, _, names in entries}


LANGUAGE_NAMES: Mapping[str, tuple[str, ...]] = _names(
    """
    aa Afar / Qafar
    ab Abkhazian / Аԥсшәа
    ae Avestan
    af Afrikaans
    agq Aghem
    ak Akan
    am Amharic / አማርኛ
    an Aragonese / aragonés
    ann Obolo
    ar Arabic / العربية
    arn Mapuche / Mapudungun
    as Assamese / অসমীয়া
    asa Asu / Kipare
    ast Asturian / asturianu
    av Avaric
    ay Aymara
    az Azerbaijani / azərbaycan
    ba Bashkir / башҡорт теле
    bal Baluchi / بلۆچی
    bas Basaa / Ɓàsàa
    be Belarusian / беларуская
    bem Bemba / Ichibemba
    bew Betawi
    bez Bena / Hibena
    bg Bulgarian / български
    bgc Haryanvi / हरियाणवी
    bgn Western Balochi / بلوچی (رخشانی)
    bho Bhojpuri / भोजपुरी
    bi Bislama
    blo Anii / anii kagɩja
    blt Tai Dam / ꪼꪕꪒꪾ
    bm Bambara / bamanakan
    bn Bangla / বাংলা
    bo Tibetan / བོད་སྐད་
    br Breton / brezhoneg
    brx Bodo / बर’
    bs Bosnian / bosanski
    bss Akoose
    byn Blin / ብሊን
    ca Catalan / català / Valencian
    cad Caddo
    cch Atsam
    ccp Chakma / 𑄌𑄋𑄴𑄟𑄳𑄦
    ce Chechen / нохчийн
    ceb Cebuano
    cgg Chiga / Rukiga
    ch Chamorro
    cho Choctaw / Chahta
    chr Cherokee / ᏣᎳᎩ
    cic Chickasaw / Chikashshanompaʼ
    ckb Central Kurdish / کوردیی ناوەندی
    co Corsican / corsu
    cop Coptic
    cr Cree
    cs Czech / čeština
    csw Swampy Cree / ᓀᐦᐃᓇᐍᐏᐣ
    cu Church Slavic / церковнослове́нскїй
    cv Chuvash / чӑваш
    cy Welsh / Cymraeg
    da Danish / dansk
    dav Taita / Kitaita
    de German / Deutsch
    dje Zarma / Zarmaciine
    doi Dogri / डोगरी
    dsb Lower Sorbian / dolnoserbšćina
    dua Duala
    dv Divehi / ދިވެހިބަސް
    dyo Jola-Fonyi / joola
    dz Dzongkha / རྫོང་ཁ
    ebu Embu / Kĩembu
    ee Ewe / eʋegbe
    el Greek / Ελληνικά
    en English
    eo Esperanto
    es Spanish / español / castellano
    et Estonian / eesti
    eu Basque / euskara
    ewo Ewondo
    fa Persian / فارسی / Farsi
    ff Fula / Pulaar
    fi Finnish / suomi
    fil Filipino
    fj Fijian
    fo Faroese / føroyskt
    fr French / français
    frr Northern Frisian / Nordfriisk
    fur Friulian / furlan
    fy Western Frisian / Frysk
    ga Irish / Gaeilge
    gaa Ga
    gd Scottish Gaelic / Gàidhlig
    gez Geez / ግዕዝኛ
    gl Galician / galego
    gn Guarani / avañe’ẽ
    gsw Swiss German / Schwiizertüütsch
    gu Gujarati / ગુજરાતી
    guz Gusii / Ekegusii
    gv Manx / Gaelg
    ha Hausa
    haw Hawaiian / ʻŌlelo Hawaiʻi
    he Hebrew / עברית
    hi Hindi / हिन्दी
    hnj Hmong Njua / 𞄀𞄄𞄰𞄩𞄍𞄜𞄰
    ho Hiri Motu
    hr Croatian / hrvatski
    hsb Upper Sorbian / hornjoserbšćina
    ht Haitian Creole / Kreyòl Ayisyen
    hu Hungarian / magyar
    hy Armenian / հայերեն
    hz Herero
    ia Interlingua
    id Indonesian / Indonesia
    ie Interlingue
    ig Igbo
    ii Sichuan Yi / ꆈꌠꉙ
    ik Inupiaq
    io Ido
    is Icelandic / íslenska
    it Italian / italiano
    iu Inuktitut / ᐃᓄᒃᑎᑐᑦ
    ja Japanese / 日本語
    jbo Lojban / la .lojban.
    jgo Ngomba / Ndaꞌa
    jmc Machame / Kimachame
    jv Javanese / Jawa
    ka Georgian / ქართული
    kaa Kara-Kalpak / қарақалпақша
    kab Kabyle / Taqbaylit
    kaj Jju / Kaje
    kam Kamba / Kikamba
    kcg Tyap / Katab
    kde Makonde / Chimakonde
    kea Kabuverdianu
    ken Kenyang / Kɛnyaŋ
    kg Kongo
    kgp Kaingang / kanhgág
    khq Koyra Chiini / Koyra ciini
    ki Kikuyu / Gikuyu
    kj Kuanyama
    kk Kazakh / қазақ тілі
    kkj Kako / kakɔ
    kl Kalaallisut
    kln Kalenjin
    km Khmer / ខ្មែរ
    kn Kannada / ಕನ್ನಡ
    ko Korean / 한국어
    kok Konkani / कोंकणी
    kpe Kpelle / Kpɛlɛɛ
    kr Kanuri
    ks Kashmiri / کٲشُر
    ksb Shambala / Kishambaa
    ksf Bafia / rikpa
    ksh Colognian / Kölsch
    ku Kurdish / kurdî (kurmancî)
    kv Komi
    kw Cornish / kernewek
    kxv Kuvi
    ky Kyrgyz / кыргызча
    la Latin / Latina
    lag Langi / Kɨlaangi
    lb Luxembourgish / Lëtzebuergesch
    lg Ganda / Luganda
    li Limburgish
    lij Ligurian / ligure
    lkt Lakota / Lakȟólʼiyapi
    lmo Lombard
    ln Lingala
    lo Lao / ລາວ
    lrc Northern Luri / لۊری شومالی
    lt Lithuanian / lietuvių
    ltg Latgalian / latgalīšu
    lu Luba-Katanga / Tshiluba
    luo Luo / Dholuo
    luy Luyia / Luluhia
    lv Latvian / latviešu
    mai Maithili / मैथिली
    mas Masai / Maa
    mdf Moksha / мокшень кяль
    mer Meru / Kĩmĩrũ
    mfe Morisyen / kreol morisien
    mg Malagasy
    mgh Makhuwa-Meetto / Makua
    mgo Metaʼ
    mh Marshallese
    mi Māori
    mic Mi'kmaw / Lʼnuiʼsuti
    mk Macedonian / македонски
    ml Malayalam / മലയാളം
    mn Mongolian / монгол
    mni Manipuri / মৈতৈলোন্
    moh Mohawk / Kanienʼkéha
    mr Marathi / मराठी
    ms Malay / Melayu
    mt Maltese / Malti
    mua Mundang / MUNDAŊ
    mus Muscogee / Mvskoke
    my Burmese / မြန်မာ
    myv Erzya / эрзянь кель
    mzn Mazanderani / مازرونی
    na Nauru
    naq Nama / Khoekhoegowab
    nb Norwegian Bokmål / norsk bokmål
    nd North Ndebele / isiNdebele
    nds Low German / Neddersass’sch
    ne Nepali / नेपाली
    ng Ndonga
    nl Dutch / Nederlands
    nmg Kwasio
    nn Norwegian Nynorsk / norsk nynorsk
    nnh Ngiemboon / Shwóŋò ngiembɔɔn
    no Norwegian / norsk
    nqo N’Ko / ߒߞߏ
    nr South Ndebele / isiNdebele
    nso Northern Sotho / Sesotho sa Leboa
    nus Nuer / Thok Nath
    nv Navajo / Diné Bizaad
    ny Nyanja
    nyn Nyankole / Runyankore
    oc Occitan
    oj Ojibwa
    om Oromo / Oromoo
    or Odia / ଓଡ଼ିଆ
    os Ossetic / ирон
    osa Osage / 𐓏𐓘𐓻𐓘𐓻𐓟
    pa Punjabi / ਪੰਜਾਬੀ
    pap Papiamento / Papiamentu
    pcm Nigerian Pidgin / Naijíriá Píjin
    pi Pali
    pis Pijin
    pl Polish / polski
    prg Prussian / prūsiskan
    ps Pashto / پښتو
    pt Portuguese / português
    qu Quechua / Runasimi
    quc Kʼicheʼ
    raj Rajasthani / राजस्थानी
    rhg Rohingya / 𐴌𐴗𐴥𐴝𐴙𐴚𐴒𐴙𐴝
    rif Riffian / Tarifit
    rm Romansh / rumantsch
    rn Rundi / Ikirundi
    ro Romanian / română
    rof Rombo / Kihorombo
    ru Russian / русский
    rw Kinyarwanda / Ikinyarwanda
    rwk Rwa / Kiruwa
    sa Sanskrit / संस्कृत भाषा
    sah Yakut / саха тыла
    saq Samburu / Kisampur
    sat Santali / ᱥᱟᱱᱛᱟᱲᱤ
    sbp Sangu / Ishisangu
    sc Sardinian / sardu
    scn Sicilian / sicilianu
    sd Sindhi / سنڌي
    sdh Southern Kurdish / کوردی خوارگ
    se Northern Sami / davvisámegiella
    seh Sena
    ses Koyraboro Senni
    sg Sango
    sh Serbo-Croatian
    shi Tachelhit / ⵜⴰⵛⵍⵃⵉⵜ
    shn Shan / တႆး
    si Sinhala / සිංහල
    sid Sidamo / Sidaamu Afo
    sk Slovak / slovenčina
    sl Slovenian / slovenščina
    sm Samoan
    sma Southern Sami / Åarjelsaemien gïele
    smj Lule Sami / julevsámegiella
    smn Inari Sami / anarâškielâ
    sms Skolt Sami / sääʹmǩiõll
    sn Shona / chiShona
    so Somali / Soomaali
    sq Albanian / shqip
    sr Serbian / српски
    ss Swati / siSwati
    ssy Saho
    st Southern Sotho / Sesotho
    su Sundanese / Basa Sunda
    sv Swedish / svenska
    sw Swahili / Kiswahili
    syr Syriac / ܣܘܪܝܝܐ
    szl Silesian / ślōnski
    ta Tamil / தமிழ்
    te Telugu / తెలుగు
    teo Teso / Kiteso
    tg Tajik / тоҷикӣ
    th Thai / ไทย
    ti Tigrinya / ትግርኛ
    tig Tigre / ትግረ
    tk Turkmen / türkmen dili
    tl Tagalog
    tn Tswana / Setswana
    to Tongan / lea fakatonga
    tok Toki Pona
    tpi Tok Pisin
    tr Turkish / Türkçe
    trv Taroko / patas Taroko
    trw Torwali / توروالی
    ts Tsonga / Xitsonga
    tt Tatar / татар
    tw Twi
    twq Tasawaq / Tasawaq senni
    ty Tahitian
    tyv Tuvinian
    tzm Central Atlas Tamazight / Tamaziɣt n laṭlaṣ
    ug Uyghur / ئۇيغۇرچە
    uk Ukrainian / українська
    ur Urdu / اردو
    uz Uzbek / o‘zbek
    vai Vai / ꕙꔤ
    ve Venda / Tshivenḓa
    vec Venetian / veneto
    vi Vietnamese / Tiếng Việt
    vmw Makhuwa / emakhuwa
    vo Volapük
    vun Vunjo / Kyivunjo
    wa Walloon / walon
    wae Walser
    wal Wolaytta / ወላይታቱ
    wbp Warlpiri
    wo Wolof
    xh Xhosa / IsiXhosa
    xnr Kangri / कांगड़ी
    xog Soga / Olusoga
    yav Yangben / nuasue
    yi Yiddish / ייִדיש
    yo Yoruba / Èdè Yorùbá
    yrl Nheengatu / nheẽgatu
    yue Cantonese / 粵語
    za Zhuang / Vahcuengh
    zgh Standard Moroccan Tamazight / ⵜⴰⵎⴰⵣⵉⵖⵜ
    zh Chinese / 中文 / Mandarin / 汉语 / 漢語
    zu Zulu / isiZulu
    """
)

#: CLDR names only one sign language; these are named as in ISO 639-3.
SIGN_LANGUAGE_NAMES: Mapping[str, str] = {
    "ase": N_("American Sign Language"),
    "asf": N_("Auslan"),
    "asq": N_("Austrian Sign Language"),
    "bfi": N_("British Sign Language"),
    "bzs": N_("Brazilian Sign Language"),
    "csc": N_("Catalan Sign Language"),
    "csg": N_("Chilean Sign Language"),
    "csl": N_("Chinese Sign Language"),
    "csn": N_("Colombian Sign Language"),
    "dse": N_("Sign Language of the Netherlands"),
    "ecs": N_("Ecuadorian Sign Language"),
    "fcs": N_("Quebec Sign Language"),
    "fsl": N_("French Sign Language"),
    "gsg": N_("German Sign Language"),
    "gss": N_("Greek Sign Language"),
    "ils": N_("International Sign"),
    "ins": N_("Indian Sign Language"),
    "ise": N_("Italian Sign Language"),
    "isg": N_("Irish Sign Language"),
    "jsl": N_("Japanese Sign Language"),
    "kvk": N_("Korean Sign Language"),
    "mfs": N_("Mexican Sign Language"),
    "nzs": N_("New Zealand Sign Language"),
    "prl": N_("Peruvian Sign Language"),
    "psr": N_("Portuguese Sign Language"),
    "aed": N_("Argentine Sign Language"),
    "sfs": N_("South African Sign Language"),
    "sgn": N_("Sign language"),
    "ssp": N_("Spanish Sign Language"),
    "tsm": N_("Turkish Sign Language"),
    "ugy": N_("Uruguayan Sign Language"),
    "vgt": N_("Flemish Sign Language"),
    "xki": N_("Kenyan Sign Language"),
}
