"""Words that film titles are often made of: a film called "Home" has namesakes that no list names, "Gabbeh" has none."""

#: Canonical words that stand in 25 or more of 100,974 different titles of TMDB (November 2026), in whatever language.
TITLE_WORDS = frozenset(
    """
    aa about above across act action adam adventure adventures affair africa after again against age agent agni air al ali
    alice alien alive all alla alle alles alludu almost alone always am amar amazing america american ami amma among amor
    amore amour an and angel angels animal anna anos another ans apocalypse april are army around art as assassin assassins
    at attack au auf august aus autumn aux away babu baby bachelor back bad ball ballad band bang bank bar barbie batman
    battle be beach bear bears beast beat beau beautiful beauty bed before beginning behind being bell bella belle below
    beneath berlin best better between beyond bhakta bhale bhoomi big bill billy bird birds black blade blind blonde blood
    bloody blue blues bob body book born boss bou box boy boys brain brave break breaking bride bridge broadway broken
    brooklyn brother brothers brown bruce bullet bunny burning bus business but butterfly by bye cafe cage california call
    called came camera camp can cant captain car care carry casa case castle cat catch cats ce central century cest chan
    chance change chaos charlie chasing che chi chicken child children china chinese chinna christmas cielo cinema circle
    circus city class close clouds clown club co code coeur cold college color com come comedy comes coming comme como
    company con conan concert confessions connection conspiracy contra contro control cool cop corazon country county cowboy
    crazy creek crime criminal cross cry curse cut da dad daddy dame damned damore dance dancing danger dangerous dans dark
    darkness darling das date daughter david dawn day days de dead deadly dear death deep dei del della delle dem demon
    demons den der dernier des desert desire det detective deux devil devils di dia diablo diamond diary dias dick did die
    din dinner dirty do doctor dog dogs doll dollar don donga donna donne dont doo door dos double down dr dracula dragon
    dragons dream dreams drei drive du duck due dun dune dust dying eagle earth east easy eat eddie eden edgar edge ee ein
    eine einer ek el elephant em empire en end enemy ente entre er es escape est et eternal eve ever every everything evil
    ex experiment express eye eyes face faces factory fall falling falls familia familie famille family far farm fast fat
    fatal fate father fear female femme femmes festival fever fforde fight fighter fighting fille film filme fin final
    finding fine fire first fish fist flesh flight flower flowers fly flying fog food fools for forbidden force forest
    forever fort fox fra france frank frankenstein frau free freedom french friday friend friends from fu full fun funny fur
    fury future game games gang gangster garden gari gate gay general generation genius george get getting ghost ghosts
    giant giorni girl girls give glass gli glory gluck go god gods godzilla goes going gold golden gone good goodbye got
    grace gran grand grande grave great greatest green grosse ground guerra guerre gun guns guru guy guys hai half hall
    halloween hand hands happened happiness happy hard hare harry has hat hate haunted haunting have he head heart hearts
    heat heaven hell hello henry her hercules here hero heroes hi hidden high highway hill hills him his histoire historia
    history hit hitler ho holiday hollywood holmes holy hombre home homme honey honor hood hope horror horse hot hotel hour
    hours house how human hunt hunter ice ich if il ill im impossible in incident india indian inside inspector into
    invasion invisible io iron is island ist it its ivan ja jack jai james jane jazz je jean jeff jerry jesus jim jimmy job
    joe john johnny jones jour journey jours joy jungle just justice ka kadhal kalyana kalyanam katha kathe katie ke keep
    key ki kid kids kill killed killer killers killing kind king kingdom kings kiss kleine knight know kong krishna kung la
    ladies lady lake lamore lamour land lane las last late law le league leave leben lee left legacy legend les let lets
    letter letzte lhomme lie liebe lies life light lights like line lion little live lives living lo lola london lone lonely
    long look looking lord los lost louis love loved lovely lover lovers loves luck lucky luna luomo ma maa machine mad
    madame madchen made madness mafia magic magnificent make making male mama man manasu manhattan mann mans mar maria marie
    mark marriage married mars martin mary mas mask mason massacre master max may maya me med meet meets mein meine memory
    men mere merry mi mia michael midnight miles million min mind mine minutes mio mir miracle miss missing mission mister
    mit modern mogudu moi mom moment mon monde mondo money monkey monsieur monster monsters moon more morning mort most
    mother mothers mountain movie movies mr mrs muerte mujer mujeres mundo murder murders music musical must my mystery na
    naa naal naan nach nacht naked name nanna natale nation national nature ne nee negro nel nenu nest never new next ni
    nice nicht nie night nightmare nights ninja njan no nobody noche noi noir non north nos not nothing notte nous now
    nowhere nuit number oder odyssey of off og oh oka old om on once ones only open opera operation or order oru os other ou
    our out over own pa padre pain palace pan papa paper par para paradise paris park part party pas pass passage passion
    past path paul peace pelicula pelli people per pere perfect perry peter petit phantom picture piece pig pilcher pink
    pirates piu place plan planet play playing please plus po point police pop por portrait pour power prem prema pretty
    price prima prince princess private project psycho public puli punk que queen quest qui quiet rabbit race radio rage
    rain rainbow raja raju rama ramudu rani re real red remember report resurrection return returns revenge revolution rey
    rich richard ride rider right ring rio rise rising river road robert robin rock roll roma romance rome romeo room rosa
    rosamunde rose rouge round rowdy royal rules run runner running rush sa saga saint sam samurai san sans santa santo
    sarah satan savage saw say school scooby scream se sea search season second secret secrets see senza series set seventh
    sex sexo shadow shadows shanghai shaolin shark she sherlock shoot short shot show shri si side sie silence silent silver
    simon simple sin sind sing single sister sisters skin sky sleep sleeping small smart snake snow so soldier soldiers solo
    some something sommer son song sono sons soul souls sound sous south soy space special speed spider spirit spring spy
    squad square sri st stand star stars state station steel step still stone stop store storia stories storm story straight
    strange stranger strangers street streets student style summer sun sunday sunshine super superman sur sweet sword tag
    take takes tale tales talk talking tall tango tarzan taxi te teacher team tears teen teenage tell tempo terra terror
    texas than that the their them then there these they thief thieves thing things third this thomas those thousand through
    thunder ti tiger til till time times to tod together tokyo tom tomorrow too top toto touch tour tous tout town toy trail
    train trap tre treasure tree tres trial trip trouble true truth tu tumi tutti tutto twilight uber ultimo um uma un una
    uncle und under une united unknown uno unter untold up upon us usa va vacation valley vampire van veedu veera vegas
    vengeance venus very vez viaje vida vie villa village violence violent virgin vita viva voice vom von vous voyage vs
    waiting wake walk walking wall wallace want wanted war warrior warriors wars was watch water wave way we wedding week
    weekend welcome well welt wenn were werewolf west what when where white who whos why wicked wie wife wild will wind
    wings winter wir wish witch with within without witness wives wolf wolves woman women wonder wonderful woods words work
    world worlds wrong year years yellow yes yo york you young your youre yours youth zero zombie zombies zone zu zum zwei
    """.split()  # noqa: SIM905 a list of quoted words is no easier to read
)
