"""The commonest small words of languages in Latin letters, without those that are English words as well."""

from __future__ import annotations

_SMALL_WORDS = {
    "English": "the of and to in is that it for you are with on as be this your have or can not from at an by if was "
    "but what they we how will which do has their there my more about would when who all so me could should been "
    "these those them its our because into some than then just like also get make does please where why any",
    "Spanish": "de la que el en los se del las un por con una su para es al lo como más pero sus le ya este sí porque "
    "esta entre cuando muy sobre también hasta hay donde quien desde todo nos puede son está qué cómo tu mi te si "
    "ser tiene hacer cada otros",
    "French": "de la le et les des en un du une que est pour qui dans par plus pas au sur ne se ce il sont avec aux "
    "vous je nous mais ou si leur cette ces être votre été fait comment quel quelle peut très mon ma tu elle sans "
    "bien tout faire lors ainsi",
    "German": "der und den von zu das mit sich des auf für ist im dem nicht ein eine als auch an werden aus er hat "
    "dass sie nach wird bei einer um sind noch wie einem über einen zum haben nur oder ich wir kann ihre ihr sein "
    "können du mir mein bitte zur durch wenn gibt diese dieser",
    "Italian": "di il la che un per una sono con non del si da le dei al più ma gli alla della nel ha anche lo se "
    "questo delle ed su mi puoi essere quando nella è ho tuo cosa nelle degli come tra fare sul molto",
    "Portuguese": "de que um para com não uma os se por mais as dos como mas foi ao ele das tem à seu sua ou ser "
    "quando muito há nos já está eu também só pelo pela até isso você são em na da meu como pode para seus",
    "Dutch": "de het een en van dat op te zijn voor met niet aan er om ook als dan maar bij of uit nog worden door "
    "naar heeft hij ik wordt kan ze deze wel zo hebben over kunnen je mijn dit moet geen wat hoe",
    "Polish": "na do się nie że jest jak po co od za przez są ale dla czy tak tylko może który ich jego oraz być przy "
    "można ma już które jako mnie jeśli",
    "Turkish": "ve bir bu da de için ile çok daha olarak gibi ne olan var kadar sonra ama veya değil mi ki ise ben sen "
    "bunu nasıl şey olur hem",
    "Swedish": "och att det som på är av för till den har inte om ett jag sig från vi kan när hur eller du vad ska "
    "med så de min",
    "Danish": "og at det er som på de af til den har ikke om et jeg sig fra vi kan når hvordan eller du hvad skal der "
    "med så min",
    "Indonesian": "yang dan di dengan untuk dari ini itu pada adalah tidak dalam akan atau juga ke anda saya bisa "
    "sebagai dapat ada karena oleh lebih kami mereka",
    "Vietnamese": "và của là có một không trong cho được với các những này người đã để khi về như cũng ra tôi bạn đó "
    "nhiều từ thể",
    "Romanian": "și de la în cu pe nu că este un să din pentru care mai sunt au ce se sau prin fi dar al ale lor "
    "despre o",
    "Czech": "se na je že za jak pro ale jsou ve co si po jako nebo být od tak který může jsem pokud které jeho",
    "Hungarian": "az és hogy nem egy ez van meg csak már ha vagy mint még el azt ki le fel lehet volt kell hogyan",
    "Finnish": "ja ei se että oli hän mutta kun ovat tai myös niin kuin mitä voi olla joka ole sen miten jos",
}
_ALSO_ENGLISH = frozenset(
    "do no me die as so an am on in is at was he war hat men man had over we of to for if by or us"
)


def _by_word() -> dict[str, tuple[str, ...]]:
    languages: dict[str, tuple[str, ...]] = {}
    for language, words in _SMALL_WORDS.items():
        for word in dict.fromkeys(words.split()):
            if language == "English" or word not in _ALSO_ENGLISH:
                languages[word] = (*languages.get(word, ()), language)
    return languages


LANGUAGES_OF_WORD = _by_word()
"""The languages that use a small word."""
