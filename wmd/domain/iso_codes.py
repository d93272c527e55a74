"""Codes of languages and countries that an address may name, whether or not the programme has them today.

A filter that was valid once stays valid, so the lists are wide and only ever grow. What a code is called in a
reader's language is not known here.
"""

from __future__ import annotations


def _codes(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: ISO 639-1, with the two retired codes that are still written (``bh``, ``sh``).
TWO_LETTER_LANGUAGES: frozenset[str] = _codes(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el
    en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu
    ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na
    nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn
    so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """
)

#: Codes of ISO 639-2 and 639-3 for languages without a two-letter code (the widely spoken ones).
THREE_LETTER_LANGUAGES: frozenset[str] = _codes(
    """
    abh ace acf ach acm acq ada ady aeb aec afb afh agq ain ajp akk akz ale aln alt amf ang ann anp apc arc arn aro
    arp arq ars arw ary arz asa ast atj avk awa ayr bal ban bar bas bax bbc bbj bcc bci bej bem bew bez bfd bfq bgc
    bgn bgq bho bhr bik bin bjn bkm bla blo blt bpy bqi bra brh brx bsq bss bua bug bum bwu byn byv cad cak car cay
    cch ccp ceb cgg chb chg chk chm chn cho chp chr chy cic ckb clc cmn cop cpe cps crg crh crj crk crl crm crr crs
    csb csw ctg ctu dag dak dar dav dcc del den dgr din dje djk dnj doi dsb dtp dua dum dyo dyu dzg ebu efi egl egy
    eka elx enm esu ewo ext fan fat ffm fil fit fon frc frm fro frp frr frs fuc fue fur fuv gaa gag gan gay gba gbz
    gcf gcr gez gil glk gmh goh gon gor got grb grc grt gsw guc gug gun gur guz gwi hai hak haw hax hch heh hif hil
    hit hmn hna hne hnj hoc hsb hsn hup hur iba ibb ikt ilo inh izh jam jbo jgo jmc jpr jrb jut kaa kab kac kaj kam
    kaw kbd kbl kbp kcg kde kea kek ken kfo kgp kha kho khq khw kiu kkj kln kmb kmr knc koi kok kos kpe kqn krc kri
    krj krl kru ksb ksf ksh kum kut kwk kxv lad lag lah lam lez lfn lgg lij lil liv lkt lmo lol lom lou loz lrc lsm
    ltg lua lub lui lun luo lus luy lzh lzz mad maf mag mai mak mam man mas mde mdf mdr men mer mfe mga mgh mgo mic
    min mnc mni moe moh mos mrj mua mul mup mus mve mwl mwr mwv mye myv mzn nag nan nap naq nch ncx ndc nds new nhe
    nhn nia niu njo nmg nnh nog non nov nqo nse nso nus nwc nym nyn nyo nyy nzi ojb ojc ojs ojw oka osa ota oto pag
    pal pam pap pau pbb pcd pcm pdc pdt peo pes pfl phn pis pms pnb pnt poh pon pqm prg pro prs quc quf qug quh quy
    quz qxp raj rap rar rcf rgn rhg rif rkt rmc rmn rmy rof rom rtm rue rug rup rwk rwr sad sah sam saq sas sat saz
    sba sbp sck scn sco sdc sdh see seh sei sel ses sga sgs sgw shi shn shu sid skr slh sli sly sma smj smn sms snk
    sog srm srn srr ssy stq str suk sus sux swb syc syl syr szl tar tce tcy tem teo ter tet tgx tht tig tiv tkl tkr
    tlh tli tly tmh tog toi tok tpi trp tru trv trw tsd tsi tsz ttm ttt tum tvl twq tyv tzh tzm tzo udm uga umb unr
    vai vec vep vls vmf vmw vot vro vun wae wal war was wbp wes wuu xal xmf xnr xog yao yap yav ybb yrl yua yue zap
    zbl zea zen zgh zlm zun zza
    """
)

#: Codes of ISO 639-3 for sign languages, with the collective ``sgn``.
SIGN_LANGUAGES: frozenset[str] = _codes(
    """
    ads aed aen afg ase asf asp asq asw bfi bfk bog bqn bqy bvl bzs cds csc csd cse csf csg csl csn csp csq csr csx
    doq dse dsl dsz ecs ehs esl esn eso eth fcs fse fsl fss gds gse gsg gsm gss gus hab haf hds hks hos hps hsh hsl
    icl iks ils inl ins ise isg isr jcs jks jls jos jsl jus kgi kvk lbs lgs lls lsb lsc lsg lsl lsn lso lsp lst lsv
    lsw lsy lws mdl mfs mre msd msr mzc mzg mzy nbs ncs nsi nsl nsp nsr nzs okl pgz pks prl prz psc psd psg psl pso
    psp psr pys rib rms rnb rsi rsl rsm sdl sfb sfs sgg sgn sgx slf sls sqk sqs sqx ssp ssr svk swl syy szs tse tsm
    tsq tss tsy tza ugn ugy ukl uks vgt vsi vsl vsv wbs xki xml xms ygs yhs ysl ysm zib zsl
    """
)

#: Every language subtag that is known without looking at a programme.
LANGUAGES: frozenset[str] = TWO_LETTER_LANGUAGES | THREE_LETTER_LANGUAGES | SIGN_LANGUAGES

#: ISO 3166-1 alpha-2, with the user-assigned ``XK`` that many organisations use for Kosovo.
COUNTRIES: frozenset[str] = _codes(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL
    TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
    """
)
