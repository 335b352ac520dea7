"""The words that announce a number of somebody, in several languages, as parts of regular expressions."""

from __future__ import annotations

ORDER = (
    "order|purchase order|invoice|booking|reservation|confirmation|tracking|shipment|parcel|delivery|transaction|receipt|rma|"
    "pnr|record locator|fedex(?: tracking)?|dhl(?: tracking)?|ups|usps|dpd|gls|bestell(?:ung|-?nummer)?|rechnungs?-?(?:nummer|nr)?|sendungs(?:nummer|verfolgung)|"
    "commande|facture|réservation|pedido|factura|reserva|fattura|ordine|prenotazione|bestelling|factuur|fatura|zamówieni[ea]|encomenda|"
    "订单|快递单|运单|注文"
)
CUSTOMER = (
    "customer|client|member(?:ship)?|account|acct|user|subscriber|loyalty|frequent flyer|library card|kunden?|kunden-?nummer|mitglieds?-?(?:nummer|nr)|"
    "client(?:e)?|abonné|adhérent|socio|klant(?:nummer)?|lidnummer|kundnummer|klienta|客户|会员|会員"
)
STAFF = (
    "employee|staff|personnel|badge|worker|student|pupil|matric(?:ulation)?|matrikel-?(?:nummer|nr)?|personal-?(?:nummer|nr)|mitarbeiter-?(?:nummer|nr)?|"
    "roll|enrol?lment|payroll|employé|étudiant|empleado|matrícula|dipendente|matricola|werknemer|personeels?nummer|工号|学号|社員|学籍"
)
CASE = (
    "case|ticket|incident|support request|complaint|docket|file|reference|report|claim ref|aktenzeichen|vorgangs?-?(?:nummer|nr)?|dossier|"
    "affaire|expediente|caso|pratica|zaak(?:nummer)?|dossiernummer|processo|sprawy|案件|案号"
)
MEDICAL = (
    "medical record|patient|mrn|nhs|health card|health plan|beneficiary|prescription|medicare|medicaid|"
    "patienten-?(?:nummer|nr)|dossier médical|historia clínica|cartella clinica|tessera sanitaria|carte vitale|病历|患者|診察券"
)
BOOKING = "booking|reservation|confirmation|pnr|record locator|itinerary|airline reference"
NATIONAL = (
    "national id(?:entity)?(?: card)?|identity(?: card| document)?|id[ _-]?card|id document|government id|nin|nino|national insurance|cpf|cnpj|curp|"
    "rfc|dni|nuip|cuit|cuil|pesel|regon|codice fiscale|partita iva|carta d['’]identità|aadhaar|aadhar|pan card|social insurance|bsn|"
    "burgerservice(?:nummer)?|rijksregisternummer|tfn|nric|itin|tax(?:payer)? id(?:entification)?|ust-?id(?:-?nr)?|steuer-?"
    "(?:id|identifikationsnummer|nummer|nr)|personalausweis(?:nummer|-?nr)?|ausweis(?:nummer|-?nr)?|sozialversicherungs-?(?:nummer|nr)|svnr|ahv(?:-?(?:nummer|nr))?|"
    "sécurité sociale|carte (?:nationale )?d['’]identité|seguridad social|cédula(?: de ciudadanía)?|personnummer|fødselsnummer|fodselsnummer|"
    "cpr(?:-?(?:nummer|nr))?|hetu|henkilötunnus|isikukood|rodné číslo|egn|oib|jmbg|cnp|инн|снилс|паспорт|snils|cedula|t\\.?c\\.? ?kimlik|tckn|"
    "teudat zehut|ktp|my number|マイナンバー|身份证|주민등록|social(?:[ _-]?(?:number|security))?"
)
BANK = (
    "(?:bank |checking |savings |current |credit |loan |brokerage )?account|acct|a/c|routing|aba|rtn|sort[ _-]?code|bsb|iban|deposit|ifsc|clabe|cbu|"
    "konto(?:nummer|-?nr)?|bankleitzahl|blz|compte|cuenta|conto|conta|rekening(?:nummer)?|nº de cuenta|账号|银行卡|口座"
)
PLATE = (
    "(?:licen[cs]e|number|registration|reg|vehicle) plate|plate|(?:vehicle|car) registration|reg(?:istration)?|vrm|vrn|"
    "kennzeichen|immatriculation|plaque|matrícula|targa|kenteken|nummerplaat|placa"
)
LICENCE = (
    "driver['’]?s?['’]?[ _-]?licen[cs]e|driving[ _-]?licen[cs]e|licen[cs]e|dl|führerschein(?:nummer|-?nr)?|permis(?: de conduire)?|"
    "(?:permiso|licencia|carnet) de conduc(?:ir|ción)|patente(?: di guida)?|rijbewijs(?:nummer)?|cnh|carta de condução|prawo jazdy|körkort"
)
PASSPORT = "passport(?: card)?|passeport|pasaporte|passaporto|passaporte|reisepass(?:nummer|-?nr)?|passnummer|paspoort(?:nummer)?|pass-?nr|paszport|护照|旅券|여권"

SHORT_NATIONAL = (
    "(?-i:SIN|PAN|FIN|TIN|NI|NIE|NIF|NIK|RUN|RUT|RG|INN|NIR|CNI|VAT|NIP|EIN|ABN|TFN|OIB|EGN|CNP|BSN|DNI|CI|CC)"
)
"""Words of other meanings in small letters."""
INSURANCE = (
    "insurance|policy|claim|insurance policy|group|subscriber|versicherungs?-?(?:nummer|nr|schein)?|krankenkassen?-?(?:nummer|nr)?|assurance|"
    "contrat|póliza|seguro|polizza|assicurazione|polis(?:nummer)?|verzekering|apólice|polisy|保险|保单"
)
